import { accepts, freePort } from '../os/ports.ts';
import type { AppProcess } from './app-process.ts';
import { listeningHost, ownsItsPort } from './listening.ts';
import { type ProcessOptions, type Program, scriptOf, startProcess } from './start-process.ts';

export interface AppOptions extends ProcessOptions {
  /** In place of `node src/server.ts`. */
  program?: Program | undefined;
  /** Draws its port. */
  drawPort?: (() => Promise<number>) | undefined;
}

/** Ports that somebody else may take before an app gets hold of its own. */
const mostPorts = 3;

/**
 * Starts `node src/server.ts`, or what is given in its place, and waits until it or a child of it listens on its port.
 * @throws {BehaviourFailure} exited-early, wrong-port or never-listened, with the app's last lines.
 */
export async function startApp(options: AppOptions): Promise<AppProcess> {
  for (let ports = 1; ; ports++) {
    const app = await startOnce(options);
    if (app) return app;
    // Three times in a row is no accident: whoever it is belongs to the app, in a way that we can't see.
    if (ports === mostPorts) return (await startOnce(options, 'whoever listens')) as AppProcess;
  }
}

/** Undefined when somebody else listens on the port that was drawn for the app. */
async function startOnce(
  { program = scriptOf('src/server.ts'), drawPort = freePort, ...options }: AppOptions,
  trust?: 'whoever listens',
): Promise<AppProcess | undefined> {
  const port = await drawPort();
  const spawnedAt = performance.now();
  const app = await startProcess(program, options, port);
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
