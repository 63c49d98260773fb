import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Stage, Visitor } from '../harness/sdk/index.ts';
import { failSeveralTimes, mustTryAgainAfterMany, mustTryAgainAtOnce } from './after-failures.ts';
import { cacheTtlS, requireTimesToLive } from './expiry.ts';
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
} from './steps.ts';

const recoverWithinMs = 3_000;
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
    async (t) => {
      await t.redis.clear();
      await prepareLooks(t);
      // A lock may live longer when the calls before have failed.
      await failSeveralTimes(t, askedByTheDead, { on: 1, times: failedBefore });
      await t.supplier.reset();
      t.trail.begin(`GET ${askedByTheDead.join(' and GET ')} on instance 1: the supplier fails ${failedBefore} times`);
      t.step('the same once more, and the supplier is slow');
      const trailLength = t.trail.length;
      const dying = askedByTheDead.map((path) => follow(t.visitor().get(path, { on: 1, deadlineMs: 10_000 })));
      // A copy of the statistics in the process is right, too.
      const fromCopies = () => dying.filter(({ ended }) => ended).length;
      await t.until(
        'the reads to reach the supplier',
        async () => (await t.supplier.total()) + fromCopies() >= askedByTheDead.length,
      );
      await t.supplier.setLatency(20);
      const waiting = askedByTheDead.map((path) => crowd([t.app(2).url], path, 5));
      await haveLooked([t.app(2).url]);
      t.app(1).signal('SIGKILL');
      const killedAt = performance.now();
      t.trail.retell(trailLength, 'SIGKILL to instance 1');
      t.step('the same on instance 2, again and again');
      await Promise.race([Promise.all(waiting), delay(recoverWithinMs)]);
      await Promise.all(askedByTheDead.map((path) => mustBeServed(t, path, killedAt)));
      t.atMost('time until readers are served', performance.now() - killedAt, recoverWithinMs, 'ms');
    },
  );
}

/** Asks instance 2 again and again. */
async function mustBeServed(t: Stage, path: string, killedAt: number): Promise<void> {
  for (;;) {
    const leftMs = recoverWithinMs - (performance.now() - killedAt);
    const [answer] = leftMs > 0 ? await Promise.race([crowd([t.app(2).url], path, 1), delay(leftMs, [])]) : [];
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

/** Each route says 502, 503 or 504, whether the supplier answers with an error or not at all. */
async function mustNameAFailedCall(t: Stage): Promise<void> {
  const failed = {
    because: 'The supplier failed, and the shop did not say so.',
    lookAt: 'what does each route answer when the supplier answers with an error, or refuses the connection?',
  };
  for (const [what, how, id] of [
    ['500 to every request', 500, '62'],
    ['no connection', 'refuse', '63'],
  ] as const) {
    await t.redis.clear();
    await t.supplier.fail({ how });
    t.trail.begin(`the supplier: ${what}`);
    // A copy of the statistics in the process may be answered, too.
    for (const [path, on] of [
      ['/stats', 1],
      [`/events/${id}`, 2],
    ] as const)
      (await t.visitor().get(path, { on })).mustBe(path === '/stats' ? [200, ...unavailable] : unavailable, failed);
    (await t.visitor().put(`/events/${id}`, { priceCents: 5 }, { on: 1 })).mustBe(unavailable, failed);
    await t.supplier.heal();
    t.step('the supplier is well again');
    for (const [path, on] of [
      ['/stats', 2],
      ['/stats', 1],
      [`/events/${id}`, 1],
    ] as const)
      await read(t, t.visitor(), path, { on });
  }
}
