import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Stage, Visitor } from '../harness/sdk/index.ts';
import { failSeveralTimes, mustTryAgainAfterMany, mustTryAgainAtOnce } from './after-failures.ts';
import { cacheTtlS, requireTimesToLive } from './expiry.ts';
import { mustNameAFailedCall } from './failed-calls.ts';
import { mustKeepByDefault } from './lives.ts';
import {
  callsDuring,
  crowd,
  follow,
  haveLooked,
  heldMs,
  inCalls,
  prepareLooks,
  read,
  takeOverFromMs,
  timesToLive,
  unavailable,
  untilKept,
} from './steps.ts';

const recoverWithinMs = 3_000;
/** Less than any time-out for the supplier, and so long that a wait of some such answers is too long. */
const slowAnswerMs = 2_000;
/** How often the calls of the instance that dies have failed before. */
const failedBefore = 5;
/** The instance that dies asks for both. */
const askedByTheDead = ['/stats', '/events/71'];

interface FailingCall {
  path: string;
  how: 503 | 'break';
  what: string;
}

/** When the supplier fails, or the process that asks it dies. */
export function outageBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'supplier-fails',
    'when the supplier fails, all waiting readers get the error, it is not kept, and the next reader tries again',
    {
      because:
        'The error was kept like an answer, or the failed call left something behind that keeps readers from asking. The supplier is well again, and the shop still is not.',
      lookAt: 'what is in Redis, and in the processes, after the supplier has answered with an error?',
    },
    async (t) => {
      await prepareLooks(t);
      await mustFailTogether(t, { path: '/events/61', how: 503, what: 'answers 503' });
      await mustFailTogether(t, { path: '/events/64', how: 'break', what: 'breaks the connection' });
      await mustNameAFailedCall(t);
      t.trail.begin('the supplier answers 503; on one instance:');
      const visitors = [1, 2].map((number) => t.visitor({ at: t.app(number) })) as [Visitor, Visitor];
      await mustTryAgainAtOnce(t, visitors, { firstId: 361 });
      await mustTryAgainAfterMany(t, 321);
    },
  );

  behaviour(
    'holder-dies',
    'when the instance that asks the supplier dies, the readers of the other one recover within 3 s',
    {
      because:
        'The instance that died held a lock that does not expire, or not soon enough. The others wait for an answer that never comes.',
      lookAt: 'what releases the lock of a process that can no longer release it, and after how long?',
    },
    mustOutliveTheOther,
    { background: true, limitMs: 30_000 },
  );
}

/** One of two instances dies, which have services of their own, because they run beside the other behaviours. */
async function mustOutliveTheOther(t: Stage): Promise<void> {
  const [supplier, redis] = await Promise.all([t.startSupplier({ latencyMs: 0, atOnce: 50 }), t.startRedis()]);
  const env = { SUPPLIER_URL: supplier.url, REDIS_URL: redis.appUrl, CACHE_TTL_S: undefined };
  const [one, two] = await Promise.all([t.startExtra({ env }), t.startExtra({ env })]);
  const visitors = [one, two].map((at) => t.visitor({ at })) as [Visitor, Visitor];
  for (const visitor of visitors) await untilKept(visitor, supplier, '/events/1');
  await mustKeepByDefault(t, visitors, { supplier, redis });
  // A lock may live longer, or a reader wait longer for one, after an answer that was slow. What these two get is not judged.
  await supplier.setLatency(slowAnswerMs);
  await Promise.all(visitors.map((visitor, index) => visitor.get(`/events/${73 + index}`, { deadlineMs: 10_000 })));
  // So it may when the calls before have failed.
  for (const visitor of visitors) await failSeveralTimes(askedByTheDead, { visitor, supplier, times: failedBefore });
  await supplier.reset();
  t.trail.begin(`two instances, and a supplier that takes ${slowAnswerMs / 1_000} s for an answer, once`);
  t.step(`GET ${askedByTheDead.join(' and GET ')} on both: the supplier fails ${failedBefore} times`);
  t.step('the same on instance 1, and the supplier does not answer');
  const trailLength = t.trail.length;
  // Its connections break with it, and nobody is to blame for that.
  const dying = askedByTheDead.map((path) => follow(crowd([one.url], path, 1)));
  // A copy of the statistics in the process is right, too.
  const fromCopies = () => dying.filter(({ ended }) => ended).length;
  await t.until(
    'the reads to reach the supplier',
    async () => (await supplier.total()) + fromCopies() >= askedByTheDead.length,
  );
  await supplier.setLatency(20);
  const waiting = askedByTheDead.map((path) => crowd([two.url], path, 5));
  await haveLooked([two.url]);
  one.signal('SIGKILL');
  const killedAt = performance.now();
  t.trail.retell(trailLength, 'SIGKILL to instance 1');
  t.step('the same on instance 2, again and again');
  await Promise.race([Promise.all(waiting), delay(recoverWithinMs)]);
  await Promise.all(askedByTheDead.map((path) => mustBeServed(t, two.url, path, killedAt)));
  t.atMost('time until readers are served', performance.now() - killedAt, recoverWithinMs, 'ms');
}

/** Asks again and again. */
async function mustBeServed(t: Stage, url: string, path: string, killedAt: number): Promise<void> {
  for (;;) {
    const leftMs = recoverWithinMs - (performance.now() - killedAt);
    const [answer] = leftMs > 0 ? await Promise.race([crowd([url], path, 1), delay(leftMs, [])]) : [];
    if (answer?.status === 200) return;
    t.require(leftMs > 0, { expected: `GET ${path}: 200 within 3 s`, seen: answer ? `${answer.status}` : 'none' });
    await delay(20);
  }
}

/** The readers of one call get its error, and do not ask one after the other. */
async function mustFailTogether(t: Stage, { path, how, what }: FailingCall): Promise<void> {
  const urls = [t.app(1).url, t.app(2).url];
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  await t.supplier.fail({ how });
  t.trail.begin(`20 times GET ${path} at once, over both instances`);
  t.step(`the supplier keeps them waiting, and then ${what}`);
  let answered = false;
  const heldFrom = performance.now();
  const asked = crowd(urls, path, 20).finally(() => {
    answered = true;
  });
  await haveLooked(urls);
  await t.supplier.setLatency(150);
  await t.supplier.release();
  const heldForMs = performance.now() - heldFrom;
  // Each instance may find out for itself, and a late reader may try again.
  const mostCalls = 4;
  await t.until('answers', async () => answered || (await t.supplier.total()) > mostCalls, { deadlineMs: 6_000 });
  const calls = await t.supplier.total();
  if (calls > mostCalls) await t.supplier.setLatency(0);
  if (calls > mostCalls && heldForMs > takeOverFromMs)
    t.inconclusive('the machine was too busy to send all readers while one answer was under way');
  const wrong = (await asked).find(({ status }) => !unavailable.includes(status));
  t.require(calls <= mostCalls, {
    expected: `at most ${mostCalls} calls to the supplier`,
    seen: `${calls} and more`,
    because:
      'Each reader that waited asks the failing supplier again. The supplier gets the whole stampede when it is least able to answer it.',
    lookAt: 'what do waiting readers do when the call that they wait for fails?',
  });
  t.require(!wrong, {
    expected: '502, 503 or 504 for each of them',
    seen: `${wrong?.status} ${wrong?.text}`,
    because: 'The supplier failed, and the shop did not say so.',
    lookAt: 'what do readers get that wait for a call that fails?',
  });
  await Promise.all([t.supplier.heal(), t.supplier.setLatency(20)]);
  t.step('the supplier is well again');
  // At once: an error that is kept for a moment only is still there.
  for (const on of [1, 2]) await read(t, t.visitor(), path, { on });
  const more = await callsDuring(t.supplier, () => read(t, t.visitor(), path, { on: 1 }));
  t.require(more === 0, {
    expected: 'no call for what is kept now',
    seen: inCalls(more),
    because: 'After a failed call, good answers are no longer kept.',
    lookAt: 'what has the failed call left behind, in Redis and in the processes?',
  });
  requireTimesToLive(t, await timesToLive(t, 1), cacheTtlS, {
    because:
      'A failed call has left this key in Redis. Every key has a time to live of CACHE_TTL_S at most, also one that only says that a call has failed.',
    lookAt: 'which keys does a failed call set, and with what expiry?',
  });
}
