import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { accepts, freePort } from '../os/ports.ts';
import type { Run } from '../os/run.ts';
import { AppProcess } from './app-process.ts';
import { hasNoServer } from './failures.ts';
import { inheritedEnv } from './inherited-env.ts';
import { listeningHost, ownsItsPort } from './listening.ts';
import { OutputLines } from './output-lines.ts';
import type { Strays } from './strays.ts';

export interface AppOptions {
  run: Run;
  /** The lesson's folder: `node src/server.ts` is run in it. */
  dir: string;
  /** Environment besides PATH, HOME and PORT. */
  env: Record<string, string>;
  /** What it is called in a verdict: "instance 1". */
  name: string;
  /** A command that is put before node's and becomes it: `taskset -c 0`. */
  under?: readonly string[];
  /** Node's own arguments: `--inspect=127.0.0.1:9229`. Children that the app forks have them, too. */
  nodeArgs?: readonly string[] | undefined;
  /** Gets each line that it prints, as it comes. */
  onOutput?: ((line: string) => void) | undefined;
  /** Where it is looked for what it has left. */
  strays?: Strays | undefined;
  /** Draws its port. */
  drawPort?: (() => Promise<number>) | undefined;
}

/** Ports that somebody else may take before an app gets hold of its own. */
const mostPorts = 3;

/**
 * Starts `node src/server.ts` and waits until it listens on its port.
 * @throws {BehaviourFailure} exited-early, wrong-port or never-listened, with the app's last lines.
 */
export async function startApp(options: AppOptions): Promise<AppProcess> {
  // Without the folder not even Node could be started, and that would look like a fault of ours.
  if (!existsSync(join(options.dir, 'src', 'server.ts'))) throw hasNoServer(options.dir);
  for (let ports = 1; ; ports++) {
    const app = await startOnce(options);
    if (app) return app;
    // Three times in a row is no accident: whoever it is belongs to the app, in a way that we can't see.
    if (ports === mostPorts) return (await startOnce(options, 'whoever listens')) as AppProcess;
  }
}

/** Undefined when somebody else listens on the port that was drawn for the app. */
async function startOnce(
  { run, dir, env, name, under = [], nodeArgs = [], onOutput, strays, drawPort = freePort }: AppOptions,
  trust?: 'whoever listens',
): Promise<AppProcess | undefined> {
  const port = await drawPort();
  const [command = process.execPath, ...args] = [...under, process.execPath, ...nodeArgs, 'src/server.ts'];
  const child = await run.spawn(command, args, {
    cwd: dir,
    env: { ...inheritedEnv(), ...env, PORT: String(port) },
  });
  const app = new AppProcess(child, port, name, strays);
  if (onOutput) new OutputLines(onOutput).follow(child.process.stdout, child.process.stderr);
  const spawnedAt = performance.now();
  try {
    app.host = await listeningHost(app);
    app.listensSince = performance.now();
    app.startedInMs = performance.now() - spawnedAt;
    if (trust || ownsItsPort(app)) return app;
  } catch (error) {
    await app.kill();
    if (trust || !(await accepts(port))) throw error;
  }
  await app.kill();
  return undefined;
}
