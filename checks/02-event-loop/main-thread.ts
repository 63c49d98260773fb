import { readFileSync } from 'node:fs';
import type { Instance } from '../harness/sdk/index.ts';

/** What the app's main thread, which runs its event loop, did so far. */
export interface ThreadTime {
  /** CPU time, which no other program can bend. */
  cpuMs: number;
  /** Time in which it was ready to run and had no core: the machine's doing. */
  waitedMs: number;
}

/** Linux only, elsewhere undefined. */
export function mainThread({ pid }: Instance): ThreadTime | undefined {
  try {
    const [cpuNs, waitedNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ').map(Number);
    return { cpuMs: (cpuNs as number) / 1e6, waitedMs: (waitedNs as number) / 1e6 };
  } catch {
    return undefined;
  }
}

/** What it did since then. */
export function mainThreadSince(app: Instance, before: ThreadTime | undefined): ThreadTime | undefined {
  const now = mainThread(app);
  if (!now || !before) return undefined;
  return { cpuMs: now.cpuMs - before.cpuMs, waitedMs: now.waitedMs - before.waitedMs };
}
