import type { CheckDefinition, Visitor } from '../harness/sdk/index.ts';
import { mustShareAgain } from './share-again.ts';
import { read, slowestAnswerMs, untilKept } from './steps.ts';

const slowRoundTripMs = 300;
const deadlineMs = 2 * slowestAnswerMs;
/** As long as an app has to end when Redis is well. */
const endsWithinMs = 5_000;

/** What a read costs when Redis answers late or not at all. */
export function slowRedisBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'redis-slow',
    'a read waits once for a slow Redis, and less than 2 s for one that hangs',
    {
      because: 'The read sends one command after the other, and each of them costs a round trip.',
      lookAt: 'how many commands does a read send one after the other when its answer is kept?',
    },
    async (t) => {
      await t.supplier.setLatency(20);
      const leaving = await t.startExtra();
      const paths = ['/stats', '/events/81'];
      // Instance 1 may have just started, and not be connected to Redis yet.
      for (const path of paths) await untilKept(t.visitor(), t.supplier, path, 1);
      await untilKept(t.visitor({ at: leaving }), t.supplier, '/stats');
      t.redis.delay(slowRoundTripMs);
      t.trail.begin(`every round trip to Redis takes ${slowRoundTripMs} ms`);
      // An app that waits twice is never faster than two round trips. One that waits once may be disturbed, but not each time.
      for (let attempt = 1; ; attempt++) {
        t.trail.retell(1);
        const answers = await Promise.all(paths.map((path) => read(t, t.visitor(), path, { on: 1 })));
        const slowest = answers.reduce((one, other) => (other.ms > one.ms ? other : one));
        if (slowest.ms < 2 * slowRoundTripMs) break;
        t.trail.retell(1, String(slowest.request), String(slowest.status));
        t.require(attempt < 4, {
          expected: `an answer that is kept in less than two round trips (${2 * slowRoundTripMs} ms)`,
          seen: `${Math.round(slowest.ms)} ms, and not faster in ${attempt} attempts`,
        });
      }
      await t.redis.restore();
      t.redis.pause();
      leaving.signal('SIGTERM');
      t.trail.begin('Redis takes connections and answers nothing');
      // More than one: an app may leave Redis alone after some time-outs.
      const answers = await Promise.all(
        [82, 83, 84, 85].map((id) => t.visitor().get(`/events/${id}`, { on: 1, deadlineMs, unanswered: hangs })),
      );
      for (const answer of answers) {
        answer.mustBe(200, {
          because: 'A command to Redis timed out, and the app answered with an error, although the supplier is well.',
          lookAt: 'what does a read do when a command to Redis fails?',
        });
      }
      const slowestMs = Math.max(...answers.map(({ ms }) => ms));
      t.atMost('answer while Redis hangs', slowestMs, slowestAnswerMs, 'ms', hangs);
      const left = await leaving.exitedWithin(endsWithinMs);
      t.require(left, {
        step: 'SIGTERM to an extra instance',
        expected: 'the process to end',
        seen: `it still runs after ${endsWithinMs / 1_000} s`,
        because:
          'Something in the app still waits for Redis, or keeps its connection open, and a deploy kills it in the end. QUIT waits for a reply, which does not come.',
        lookAt: 'what happens on SIGTERM to the connection to Redis, and what if Redis says nothing?',
      });
      t.redis.resume();
      t.trail.retell(1, 'Redis answers again');
      const visitors = [1, 2].map((number) => t.visitor({ at: t.app(number) })) as [Visitor, Visitor];
      await mustShareAgain(t, visitors, { firstId: 241 });
    },
    { further: true },
  );
}

const hangs = {
  because:
    'Redis holds the connection and says nothing. The client waits for each command without a limit, or for one time-out after the other.',
  lookAt: 'how long does a command wait for its reply, and what does the read do after the first one that got none?',
};
