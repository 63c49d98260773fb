import { setTimeout as delay } from 'node:timers/promises';
import type { Instance } from '../runner/environment.ts';

/**
 * Waits, and to the timers of these instances it is so many times as long. An app without a probe has the plain time.
 * @param ms of the check's own clock.
 */
export async function seemsLonger(instances: readonly Instance[], times: number, ms: number): Promise<void> {
  const hurry = (pace: number) => Promise.all(instances.map(({ probe }) => probe.hurry(pace).catch(() => {})));
  await hurry(times);
  await delay(ms);
  await hurry(1);
}
