import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { MachineWatch } from '../harness/sdk/index.ts';

/** 10,000 a minute. */
const fullRatePerS = 167;
/** What the shop, its services and those who ask take of a machine at the full rate: two cores. */
const wantedCores = 2;
const leastShare = 0.25;
const lookForMs = 1_000;

/** How many requests a second this machine can carry just now, besides the shop. It is the same for every app. @param length in words. */
export async function pace(length: string): Promise<{ ratePerS: number; note: string }> {
  const watch = new MachineWatch();
  await delay(lookForMs);
  const cores = availableParallelism();
  const busy = watch.otherCoresBusy() ?? 0;
  const share = Math.min(1, Math.max(leastShare, (cores - busy) / wantedCores));
  // Less than a tenth is no reason.
  const ratePerS = share > 0.9 ? fullRatePerS : Math.round(fullRatePerS * share);
  if (ratePerS === fullRatePerS) return { ratePerS, note: `${length} with ${fullRatePerS} requests/s` };
  const why = busy > 0.1 ? `, of which other programs use ${busy.toFixed(1)}` : '';
  const note = `${length} with ${ratePerS} requests/s instead of ${fullRatePerS}: this machine has ${cores} cores${why}`;
  return { ratePerS, note };
}
