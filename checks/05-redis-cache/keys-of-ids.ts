import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { crowd, follow, haveLooked, heldMs, inCalls, read, takeOverFromMs } from './steps.ts';

const id = '33';
const path = `/events/${id}`;
/** They wait for the supplier for less than a second. */
const answerWithinMs = 4_000;
/** A name of a lock seldom has more than one such part. */
const mostIds = 3;

/**
 * An id that, read as part of a key, is something else: `33:lock`, if the lock on event 33 is `event:33:lock`. For an app that
 * asks once for a crowd: whatever it asks twice now, it asks because of such an id.
 */
export async function mustKeepKeysApart(t: Stage): Promise<void> {
  const urls = [t.app(1).url, t.app(2).url];
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  const askedFrom = performance.now();
  const early = follow(read(t, t.visitor(), path, { on: 1, deadlineMs: answerWithinMs }));
  await t.until('a call to the supplier', async () => (await t.supplier.total()) > 0);
  const keys = await t.redis.keys();
  const ids = [...new Set(keys.filter((key) => key.includes(id)).map((key) => key.slice(key.indexOf(id))))]
    .filter((other) => other !== id)
    .slice(0, mostIds);
  await t.supplier.setLatency(0);
  if (ids.length === 0) {
    await t.supplier.release();
    await early.promise;
    return;
  }
  for (const other of ids) await crowd([t.app(2).url], `/events/${encodeURIComponent(other)}`, 1);
  const before = await t.supplier.total(); // How often it was asked for the other ids is not judged here.
  const late = follow(read(t, t.visitor(), path, { on: 2, deadlineMs: answerWithinMs }));
  await haveLooked(urls);
  await Promise.race([late.promise.catch(() => {}), delay(50)]);
  const calls = (await t.supplier.total()) - before;
  const heldForMs = performance.now() - askedFrom;
  await t.supplier.release();
  const answers = await Promise.allSettled([early.promise, late.promise]);
  if (calls > 0 && heldForMs > takeOverFromMs)
    t.inconclusive('the machine was too busy to read while one answer was under way');
  t.trail.begin(`GET ${path} on instance 1 begins, and the supplier is slow`);
  for (const other of ids) t.step(`GET /events/${other} on instance 2`);
  t.step(`GET ${path} on instance 2`);
  const teaching = {
    because: `The lock on event ${id} has a key that is also the key of the entry of another id. Whoever reads that id spoils the lock.`,
    lookAt: 'how are the keys of entries and of locks made, and can an id lead from one to the other?',
  };
  t.require(calls === 0, {
    expected: `no second call for event ${id}`,
    seen: inCalls(calls),
    ...teaching,
  });
  const unanswered = answers.filter(({ status }) => status === 'rejected').length;
  t.require(unanswered === 0, {
    step: 'the supplier answers',
    expected: 'event 33 for both readers',
    seen: `${unanswered} of them not answered with it within ${answerWithinMs / 1_000} s`,
    ...teaching,
  });
}
