import { setTimeout as delay } from 'node:timers/promises';
import { listeningPorts } from '../listening-ports.ts';
import { loopbackOf } from '../ports.ts';
import type { AppProcess } from './app-process.ts';
import { exitedEarly, neverListened, wrongPort } from './failures.ts';

/** A slow laptop that scans every file for viruses still gets its app up within this. */
const startDeadlineMs = 20_000;

/**
 * Waits until somebody listens on the app's port.
 * @returns the loopback address where that is.
 * @throws {BehaviourFailure} exited-early, wrong-port or never-listened, with the app's last lines.
 */
export async function listeningHost(app: AppProcess): Promise<string> {
  const deadline = performance.now() + startDeadlineMs;
  while (!app.exited) {
    const host = await loopbackOf(app.port);
    if (host) return host;
    if (performance.now() > deadline) {
      const others = listeningPorts(app.tree())?.filter((port) => port !== app.port) ?? [];
      throw others.length > 0 ? wrongPort(app, others) : neverListened(app, startDeadlineMs);
    }
    await delay(25);
  }
  await app.drained();
  throw exitedEarly(app);
}

/** Whether a process of the app listens on its port. Only Linux tells; elsewhere it is taken for granted. */
export function ownsItsPort(app: AppProcess): boolean {
  return listeningPorts(app.tree())?.includes(app.port) ?? true;
}
