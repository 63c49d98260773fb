import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Stage } from '../harness/sdk/index.ts';
import { newOrder, place, post } from './desk.ts';
import { asked } from './patience.ts';

/** After so many replies of Redis every order has its key, at least. */
const mostReplies = 3;
/** Shorter than an app waits for Redis before it gives up. */
const heldMs = 300;

/**
 * One instance has begun an order and waits for Redis, when another one gets the same request. That one may answer at once,
 * or wait for the first.
 * @returns the answers to each pair of requests.
 */
export async function whileOneWaits(t: Stage): Promise<[Answer, Answer][]> {
  t.trail.begin();
  const door = await t.redis.openDoor();
  const held = t.visitor({ at: await t.startExtra({ env: { REDIS_URL: door.url } }) });
  // It is connected, and has no script to load, once it has taken an order.
  await place(t, held, newOrder(), { key: `first-${Math.random()}` });
  const pairs: [Answer, Answer][] = [];
  for (let replies = 0; replies <= mostReplies; replies++) {
    const key = `held-${replies}-${Math.random()}`;
    const order = newOrder();
    t.trail.begin(
      `an instance has begun an order, and waits for reply ${replies + 1} of Redis; the same to another one`,
    );
    door.holdReplies();
    let ended = false;
    const first = post(held, order, { key }).finally(() => {
      ended = true;
    });
    first.catch(() => {}); // Awaited below.
    const nextReply = async () => {
      for (const until = performance.now() + heldMs; !ended && door.heldBytes === 0 && performance.now() < until; )
        await delay(5);
    };
    await nextReply();
    for (let n = 0; n < replies && !ended; n++) {
      door.passReply();
      await nextReply();
    }
    const second = post(t.visitor(), order, { key, on: 2 });
    second.catch(() => {});
    await Promise.race([second, delay(heldMs)]);
    door.resume();
    // Redis has kept the first one waiting. If it has given up, its client asks again.
    const answers = [await first, await second];
    for (const [n, answer] of answers.entries())
      if (answer.status === 503) answers[n] = await asked(t, () => post(t.visitor(), order, { key, on: 1 }));
    pairs.push(answers as [Answer, Answer]);
    t.trail.retell(1);
  }
  return pairs;
}
