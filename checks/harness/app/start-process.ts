import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../os/run.ts';
import { AppProcess } from './app-process.ts';
import { hasNoScript } from './failures.ts';
import { inheritedEnv } from './inherited-env.ts';
import { OutputLines } from './output-lines.ts';
import type { Strays } from './strays.ts';

export interface ProcessOptions {
  run: Run;
  /** The lesson's folder: the script is run in it. */
  dir: string;
  /** Environment besides PATH, HOME and PORT. */
  env: NodeJS.Dict<string>;
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
}

/**
 * Runs `node SCRIPT` in the lesson's folder, and waits for nothing.
 * @param port where it is to listen; a process that listens nowhere is told no port.
 * @throws {BehaviourFailure} exited-early when there is no such script.
 */
export async function startProcess(
  script: string,
  { run, dir, env, name, under = [], nodeArgs = [], onOutput, strays }: ProcessOptions,
  port?: number,
): Promise<AppProcess> {
  // Without the folder not even Node could be started, and that would look like a fault of ours.
  if (!existsSync(join(dir, script))) throw hasNoScript(dir, script);
  const [command = process.execPath, ...args] = [...under, process.execPath, ...nodeArgs, script];
  const child = await run.spawn(command, args, {
    cwd: dir,
    env: { ...inheritedEnv(), ...env, ...(port === undefined ? {} : { PORT: String(port) }) },
  });
  const app = new AppProcess(child, port ?? Number.NaN, name, strays);
  if (onOutput) new OutputLines(onOutput).follow(child.process.stdout, child.process.stderr);
  return app;
}
