import { setTimeout as delay } from 'node:timers/promises';
import { BehaviourFailure, type CheckDefinition, type Stage } from '../harness/sdk/index.ts';
import {
  callsDuring,
  crowd,
  haveLooked,
  heldMs,
  inCalls,
  prepareLooks,
  read,
  takeOverFromMs,
  unavailable,
  untilKept,
} from './steps.ts';
import { requireOneAtATime } from './take-over.ts';

const recoverWithinMs = 3_000;
const slowRoundTripMs = 300;
const slowestAnswerMs = 2_000;
/** A client that tries a few times and then no more. */
const givesUpWithinMs = 500;

/** When something that the cache stands on is away: the supplier, the one who computes, Redis. */
export function outageBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'supplier-fails',
    'when the supplier fails, all who wait get the error, nothing bad is kept, and the next one tries again',
    {
      because:
        'The error was kept like an answer, or the failed call left something behind that keeps readers from asking. The supplier is well again, and the shop still is not.',
      lookAt: 'what is in Redis, and in the processes, after the supplier has answered with an error?',
    },
    async (t) => {
      const urls = [t.app(1).url, t.app(2).url];
      await prepareLooks(t);
      await t.supplier.setLatency(heldMs);
      await t.supplier.reset();
      await t.supplier.fail({ how: 503 });
      t.trail.splice(0, t.trail.length, '20 times GET /events/61 at once, over both instances');
      t.step('the supplier keeps them waiting, and then answers 503');
      let answered = false;
      const heldFrom = performance.now();
      const asked = crowd(urls, '/events/61', 20).finally(() => {
        answered = true;
      });
      await haveLooked(urls);
      await t.supplier.setLatency(150);
      await t.supplier.release();
      const heldForMs = performance.now() - heldFrom;
      // Each instance may find out for itself, and one who came late may try again.
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
          'All who waited ask the failing supplier by themselves. It gets the whole stampede when it can bear it least.',
        lookAt: 'what do those who wait do when the one that they wait for fails?',
      });
      t.require(!wrong, {
        expected: '502, 503 or 504 for each of them',
        seen: `${wrong?.status} ${wrong?.text}`,
        because: 'The supplier failed, and the shop made something else of it.',
        lookAt: 'what do readers get who wait for an answer that fails?',
      });
      await t.supplier.setLatency(20);
      await t.supplier.heal();
      t.step('the supplier is well again');
      for (const on of [1, 2]) await read(t, t.visitor(), '/events/61', { on });
      const more = await callsDuring(t.supplier, () => read(t, t.visitor(), '/events/61', { on: 1 }));
      t.require(more === 0, { expected: 'no call for what is kept now', seen: inCalls(more) });
    },
  );

  behaviour(
    'holder-dies',
    'when the instance that asks the supplier dies, the readers of the other one recover within 3 s',
    {
      because:
        'The instance that died had told all others that it was asking, with a lock that nothing ends, or nothing soon enough. They wait for an answer that never comes.',
      lookAt: 'what ends the claim of a process that can no longer end it by itself, and after how long?',
    },
    async (t) => {
      await prepareLooks(t);
      await t.supplier.setLatency(heldMs);
      await t.supplier.reset();
      t.trail.splice(0, t.trail.length, 'GET /events/71 on instance 1, and the supplier takes its time');
      const trailLength = t.trail.length;
      t.visitor()
        .get('/events/71', { on: 1, deadlineMs: 10_000 })
        .catch(() => {}); // It dies with its instance.
      await t.until('the read to reach the supplier', async () => (await t.supplier.total()) > 0);
      await t.supplier.setLatency(20);
      const waiting = crowd([t.app(2).url], '/events/71', 5);
      await haveLooked([t.app(2).url]);
      t.app(1).signal('SIGKILL');
      const killedAt = performance.now();
      t.trail.splice(
        trailLength,
        t.trail.length,
        'SIGKILL to instance 1',
        'GET /events/71 on instance 2, again and again',
      );
      await Promise.race([waiting, delay(recoverWithinMs)]);
      for (;;) {
        const leftMs = recoverWithinMs - (performance.now() - killedAt);
        const [answer] =
          leftMs > 0 ? await Promise.race([crowd([t.app(2).url], '/events/71', 1), delay(leftMs, [])]) : [];
        if (answer?.status === 200) break;
        t.require(leftMs > 0, { expected: 'a 200 within 3 s', seen: answer ? `${answer.status}` : 'none' });
        await delay(20);
      }
      t.trail.splice(trailLength + 2);
      t.atMost('time until readers are served', performance.now() - killedAt, recoverWithinMs, 'ms');
    },
  );

  behaviour(
    'takes-over',
    'when an answer does not come, one other reader may take over, not all, and nobody else asks meanwhile',
    {
      because:
        'The first one was slower than its lock, and another one took over. Then the first one failed, and readers who came asked, too. Most often the first one freed a lock that was no longer its own.',
      lookAt: 'how does whoever frees the lock know that it is still theirs?',
    },
    requireOneAtATime,
    { background: true, limitMs: 30_000 },
  );

  behaviour(
    'redis-slow',
    'a slow Redis is waited for once, and one that hangs for less than 2 s',
    {
      because: 'One command after the other waits for Redis. Each of them costs the whole way there and back.',
      lookAt: 'how many commands does a read that finds its answer send, one after the answer of the other?',
    },
    async (t) => {
      await t.supplier.setLatency(20);
      const paths = ['/stats', '/events/81'];
      // Instance 1 may be a new one, which has yet to find Redis.
      for (const path of paths) await untilKept(t.visitor(), t.supplier, path, 1);
      t.redis.delay(slowRoundTripMs);
      t.trail.splice(0, t.trail.length, `every round trip to Redis takes ${slowRoundTripMs} ms`);
      // Whoever waits twice is never faster than two round trips. Whoever waits once may be disturbed, but not each time.
      for (let attempt = 1; ; attempt++) {
        t.trail.splice(1);
        const answers = await Promise.all(paths.map((path) => read(t, t.visitor(), path, { on: 1 })));
        const slowest = answers.reduce((one, other) => (other.ms > one.ms ? other : one));
        if (slowest.ms < 2 * slowRoundTripMs) break;
        t.trail.splice(1, t.trail.length, `${slowest.request}\t${slowest.status}`);
        t.require(attempt < 4, {
          expected: `an answer that is kept in less than two round trips (${2 * slowRoundTripMs} ms)`,
          seen: `${Math.round(slowest.ms)} ms, and not faster in ${attempt} attempts`,
        });
      }
      await t.redis.restore();
      t.redis.pause();
      t.trail.splice(0, t.trail.length, 'Redis takes connections and answers nothing');
      const answer = await t
        .visitor()
        .get('/events/82', { on: 1, deadlineMs: 2 * slowestAnswerMs })
        .catch((error) => {
          // The sentences of this behaviour are about the slow Redis.
          if (error instanceof BehaviourFailure && error.failure.kind === 'hangs') Object.assign(error.failure, hangs);
          throw error;
        });
      answer.mustBe(200, {
        because:
          'A command to Redis ran into its time-out, and the app made an error for the customer of it, although the supplier is well.',
        lookAt: 'what does a read do when a command to Redis fails?',
      });
      t.atMost('answer while Redis hangs', answer.ms, slowestAnswerMs, 'ms', hangs);
    },
  );

  behaviour(
    'redis-down',
    'without Redis the shop answers from the supplier, and it uses Redis again once that is back',
    {
      because:
        'The cache is there to make the shop faster. Now an outage of the cache is an outage of the shop, although the supplier is well.',
      lookAt: 'what does a read do when a command to Redis fails?',
    },
    async (t) => {
      await t.supplier.setLatency(20);
      const pids = [t.app(1).pid, t.app(2).pid];
      await read(t, t.visitor(), '/events/91', { on: 1 });
      t.trail.splice(0, t.trail.length, 'Redis stops');
      await t.redis.cut();
      await readAll(t, [1, 2]);
      t.trail.splice(1, t.trail.length, 'an instance is started meanwhile');
      // Long enough for a client that gives up after a few attempts to have given up.
      const [extra] = await Promise.all([t.startExtra(), delay(givesUpWithinMs)]);
      await readAll(t, [1, 2]);
      await read(t, t.visitor({ at: extra }), '/events/92', { deadlineMs: slowestAnswerMs });
      t.step('Redis is back');
      await t.redis.restore();
      await mustShareAgain(t);
      t.require(t.app(1).pid === pids[0] && t.app(2).pid === pids[1], {
        expected: 'the same processes',
        seen: 'others',
      });
    },
  );
}

const hangs = {
  because:
    'Redis holds the connection and says nothing. The client waits for each command without a limit, or for several limits in a row.',
  lookAt: 'how long does a command wait for its answer, and what does the read do after the first that got none?',
};

/** At the same time: a client that waits for each command may take two seconds for each read. */
async function readAll(t: Stage, instances: number[]): Promise<void> {
  const paths = ['/events/91', '/events/92', '/stats'];
  const each = paths.flatMap((path) => instances.map((on) => ({ path, on })));
  const reads = each.map(({ path, on }) => read(t, t.visitor(), path, { on, deadlineMs: slowestAnswerMs }));
  const broken = (await Promise.allSettled(reads)).find((result) => result.status === 'rejected');
  if (!broken) return;
  // A connection breaks a moment before the end of the process is known, which is what has to be named.
  for (let n = 0; n < 25 && !instances.some((on) => t.app(on).exited); n++) await delay(20);
  throw broken.reason;
}

/** One instance reads an event, and the other one must know it. */
async function mustShareAgain(t: Stage): Promise<void> {
  const deadline = performance.now() + recoverWithinMs;
  const trailLength = t.trail.length;
  for (let id = 201; ; id++) {
    t.trail.splice(trailLength);
    await read(t, t.visitor(), `/events/${id}`, { on: 1 });
    const calls = await callsDuring(t.supplier, () => read(t, t.visitor(), `/events/${id}`, { on: 2 }));
    if (calls === 0) return;
    t.require(performance.now() < deadline, {
      expected: 'no call to the supplier on instance 2, 3 s after Redis came back',
      seen: inCalls(calls),
      because:
        'Redis is back, but the client gave up, or waits too long between its attempts to connect, or the app leaves Redis alone for too long after an error.',
      lookAt: 'how soon is Redis tried again, also after the twentieth failure? With ioredis, retryStrategy says it.',
    });
    await delay(100);
  }
}
