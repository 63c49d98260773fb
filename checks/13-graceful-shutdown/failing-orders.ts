import { setTimeout as delay } from 'node:timers/promises';
import type { RedisHandle, Stage } from '../harness/sdk/index.ts';
import type { Held } from './held.ts';
import { inWords, saysClose } from './wire.ts';

/** An app may also wait for Redis. */
const goneMs = 1_500;
const answerWithinMs = 12_000;

/** Line 3, of answers that say that something went wrong: the bodies of these orders come when Redis is gone. */
export async function mustFailWithClose(t: Stage, orders: Held[], redis: RedisHandle): Promise<void> {
  await redis.cut();
  const answered = Promise.all(orders.map((order) => order.finish(answerWithinMs)));
  await Promise.race([answered, delay(goneMs)]);
  await redis.restore();
  for (const reply of await answered) {
    const step = 'the body of POST /orders, in flight when the server closed, and Redis is gone';
    t.require(reply.status > 0, {
      step,
      expected: 'an answer, be it an error',
      seen: inWords(reply),
      because:
        'The request was in flight when the server closed, and got no answer. Its client can’t know what became of it.',
      lookAt: 'what does the app answer if Redis is gone while it drains?',
    });
    t.require(saysClose(reply), {
      step: `${step}: ${reply.status}`,
      expected: '“Connection: close” in its answer',
      seen: `Connection: ${reply.headers.connection}`,
      because:
        'This is the last answer on its connection, and the client does not know. It may send the next request at the moment when the connection is closed.',
      lookAt: 'who makes the answer when something goes wrong, and which headers does it leave in it?',
    });
  }
}
