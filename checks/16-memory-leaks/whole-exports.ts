import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { marked, type OpenRequest } from './client.ts';
import { linesOf, openExport, stadiumSeats } from './under-way.ts';

/** By the contract, so long a client may read nothing. */
const promisedMs = 30_000;
/** Half of that: no machine makes a client slower than it may be. Node takes up to twice a timeout for a write that stands still. */
export const stallMs = 15_000;
/** An app that gives a client twenty seconds shows it in the stall, and one that gives it thirty does not. */
const hurried = 1.6;
const wholeWithinMs = 20_000;
/** Streams have proved themselves alive many times while an export stands still, in which no comment has a place. */
const heartbeatMs = 500;

/** Its timers end sooner, so that the stall seems longer to it. */
export async function startHurried(t: Stage, env: Record<string, string> = {}): Promise<Instance> {
  const app = await t.startExtra({ env });
  await app.probe.hurry(hurried);
  return app;
}

/** A deadline that is made of HEARTBEAT_MS is right for a stream, and too short for an export. */
export async function mustBePatientBesideHeartbeats(t: Stage): Promise<void> {
  const app = await startHurried(t, { HEARTBEAT_MS: String(heartbeatMs) });
  const startedAt = performance.now();
  const exported = openExport(app, marked('/exports'));
  try {
    await delay(stallMs);
    const stalledMs = performance.now() - startedAt;
    exported.read();
    const step = `HEARTBEAT_MS=${heartbeatMs}: a client reads nothing of its POST /exports of event 4 for ${(stalledMs / 1_000).toFixed(0)} s, and then all of it`;
    await mustBeWhole(t, [exported], stalledMs, step);
  } finally {
    exported.hangUp('FIN');
  }
}

export async function mustBeWhole(t: Stage, exports: OpenRequest[], stalledMs: number, step?: string): Promise<void> {
  const short = () => exports.find((one) => linesOf(one) < stadiumSeats);
  for (const until = performance.now() + wholeWithinMs; short() && performance.now() < until; await delay(50))
    if (short()?.ended) break;
  const one = short();
  if (one && hurried * stalledMs > promisedMs)
    t.inconclusive('other programs kept the machine busy, and a client was too slow');
  t.require(!one, {
    ...(step ? { step } : {}),
    expected: `${stadiumSeats} lines`,
    seen: one ? `${linesOf(one)} lines${one.ended ? ', and the app closed the connection' : ''}` : '',
  });
}
