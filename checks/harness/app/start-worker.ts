import { setTimeout as delay } from 'node:timers/promises';
import type { Probe } from '../measure/probe/probe.ts';
import type { AppProcess } from './app-process.ts';
import { workerEnded } from './failures.ts';
import { type ProcessOptions, scriptOf, startProcess } from './start-process.ts';

/** A worker that finds work waiting may never rest. */
const restsWithinMs = 5_000;
const lookEveryMs = 50;

/**
 * Starts a process of the app that listens nowhere, and waits until it has loaded: its event loop rests for the first time.
 * @throws {BehaviourFailure} exited-early when it ends before that, with its last lines.
 */
export async function startWorker(
  script: string,
  options: ProcessOptions,
  probeOf: (pid: number) => Probe,
): Promise<AppProcess> {
  const startedAt = performance.now();
  const app = await startProcess(scriptOf(script), options);
  const probe = probeOf(app.pid);
  let rests = false;
  while (!app.exited && !rests && performance.now() - startedAt < restsWithinMs) {
    await Promise.race([
      probe.reset().catch(() => {}), // One without a probe is waited for in vain, and whoever measures it will say so.
      app.exitedWithin(restsWithinMs),
    ]);
    await app.exitedWithin(lookEveryMs);
    if (app.exited) break;
    rests = await probe.read().then(
      ({ elu }) => elu < 0.5,
      () => false,
    );
    if (!rests) await delay(lookEveryMs);
  }
  app.startedInMs = performance.now() - startedAt;
  if (!app.exited) return app;
  await app.drained();
  await app.kill();
  throw workerEnded(app, script);
}
