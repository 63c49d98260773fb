import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { type FarInstance, untilForced } from './far-instance.ts';
import { follow, hasCaughtUp, heldMs, inCalls, read } from './steps.ts';

/** How long an instance is kept between two commands when the other one may be waiting for it. */
const betweenMs = 80;
/** How many replies of Redis the reader has heard when it is held: it stands before its second command, or its third. */
const heldAfter = [0, 1, 2];
/** Nobody reads these and the next thirty for anything else. */
const firstId = 331;

const asksAgain = {
  because:
    'A reader looked and found no entry. Before it got the lock, another reader had asked, kept the answer and released the lock. So the lock was free, and the reader asked for what was there.',
  lookAt: 'what may have changed between the look for the entry and the moment when a reader gets the lock?',
};
const missesTheEnd = {
  because: 'A reader waits to be told that the answer has come. It came just before the reader began to listen.',
  lookAt: 'what does a reader do between seeing that somebody asks and listening for the end of it?',
};

/** Another reader asks, is answered and keeps the answer while one on the far instance stands between two commands. */
export async function mustLookAgain(t: Stage, far: FarInstance): Promise<void> {
  for (const [index, replies] of heldAfter.entries()) {
    const first = firstId + 10 * index;
    await untilForced(t, far, [first, first + 1, first + 2], (id) =>
      otherReaderIsDoneMeanwhile(t, far, `/events/${id}`, replies),
    );
    await untilForced(t, far, [first + 5, first + 6, first + 7], (id) =>
      callUnderWayEndsMeanwhile(t, far, `/events/${id}`, replies),
    );
  }
}

/** The far reader looks first. If it has the lock by then, the other one waits for it, and that is right. */
async function otherReaderIsDoneMeanwhile(t: Stage, far: FarInstance, path: string, replies: number) {
  await t.supplier.setLatency(0);
  await t.supplier.reset();
  const late = await lookAndHold(t, far, path, replies);
  const other = readBeside(t, path);
  await Promise.race([other.promise, delay(betweenMs)]);
  far.letGo();
  await Promise.all([late.promise, other.promise]);
  await requireOneCall(t, path);
  return true;
}

/** Somebody asks already when the far reader looks. */
async function callUnderWayEndsMeanwhile(t: Stage, far: FarInstance, path: string, replies: number) {
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  const other = readBeside(t, path);
  await t.until('a call to the supplier', async () => (await t.supplier.total()) > 0);
  const late = await lookAndHold(t, far, path, replies);
  await t.supplier.setLatency(0);
  await t.supplier.release();
  await other.promise;
  await hasCaughtUp(t.app(1).url); // It may answer before it has kept the answer.
  far.letGo();
  await late.promise;
  await requireOneCall(t, path);
  return true;
}

async function lookAndHold(t: Stage, far: FarInstance, path: string, replies: number) {
  far.holdReplies();
  const late = follow(read(t, far.visitor, path, { unanswered: missesTheEnd }));
  await hasCaughtUp(far.url);
  for (let reply = 0; reply < replies; reply++) {
    far.passReply();
    await hasCaughtUp(far.url);
  }
  return late;
}

function readBeside(t: Stage, path: string) {
  return follow(read(t, t.visitor(), path, { on: 1, unanswered: missesTheEnd }));
}

async function requireOneCall(t: Stage, path: string): Promise<void> {
  const calls = await t.supplier.total();
  t.trail.begin(`GET ${path} on an extra instance, whose way to Redis is slow for a moment`);
  t.step(`GET ${path} on instance 1 meanwhile`);
  t.require(calls === 1, { expected: '1 call to the supplier', seen: inCalls(calls), ...asksAgain });
}
