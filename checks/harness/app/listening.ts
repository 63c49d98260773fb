import { setTimeout as delay } from 'node:timers/promises';
import { disturbs, MachineWatch } from '../measure/machine.ts';
import { wantsCore } from '../measure/pulse.ts';
import { listeningPorts } from '../os/listening-ports.ts';
import { loopbackOf } from '../os/ports.ts';
import type { AppProcess } from './app-process.ts';
import { exitedEarly, neverListened, wrongPort } from './failures.ts';

/** A slow laptop that scans every file for viruses still gets its app up within this. */
const startDeadlineMs = 20_000;
/** The same while other programs keep the machine busy. */
const busyStartDeadlineMs = 60_000;

/**
 * An app may open another port first, such as one for its metrics. One that has done so, and rests for this long, has come
 * to the end of its start.
 */
const restsElsewhereMs = 4_000;
/** A look reads every connection of the machine: 11 ms of CPU time where there are 5,000. Most apps listen before the first. */
const lookElsewhereEveryMs = 1_000;

/**
 * Waits until somebody listens on the app's port.
 * @returns the loopback address where that is.
 * @throws {BehaviourFailure} exited-early, wrong-port or never-listened, with the app's last lines.
 */
export async function listeningHost(app: AppProcess): Promise<string> {
  const watch = new MachineWatch();
  const startedAt = performance.now();
  let restingLooks = 0;
  let cameToRestAt = Number.POSITIVE_INFINITY;
  let lookedAt = startedAt;
  while (!app.exited) {
    const host = await loopbackOf(app.port);
    if (host) return host;
    const waitedMs = performance.now() - startedAt;
    if (performance.now() - lookedAt >= lookElsewhereEveryMs) {
      lookedAt = performance.now();
      const others = otherPorts(app);
      cameToRestAt =
        others.length > 0 && !wantsCore(app.tree()) ? Math.min(cameToRestAt, lookedAt) : Number.POSITIVE_INFINITY;
      if (lookedAt - cameToRestAt > restsElsewhereMs) throw wrongPort(app, others);
    }
    if (waitedMs > startDeadlineMs) {
      // It has come no further because it gets no core: that is not its fault.
      restingLooks = wantsCore(app.tree()) ? 0 : restingLooks + 1;
      const mayCome = restingLooks < 4 && waitedMs < busyStartDeadlineMs && disturbs(watch.otherCoresBusy());
      if (!mayCome) {
        const others = otherPorts(app);
        throw others.length > 0 ? wrongPort(app, others) : neverListened(app, waitedMs);
      }
    }
    await delay(25);
  }
  await app.drained();
  throw exitedEarly(app);
}

/** Where the app listens, besides its port. Only Linux tells. */
function otherPorts(app: AppProcess): number[] {
  return listeningPorts(app.tree())?.filter((port) => port !== app.port) ?? [];
}

/** Whether a process of the app listens on its port. Only Linux tells; elsewhere it is taken for granted. */
export function ownsItsPort(app: AppProcess): boolean {
  return listeningPorts(app.tree(0))?.includes(app.port) ?? true;
}
