import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, RedisDoor, Stage, Visitor } from '../harness/sdk/index.ts';
import { newOrder, place, post } from './desk.ts';
import { asked, watchForSlowness } from './patience.ts';

/** After so many replies of Redis every order has its key, at least. */
const mostReplies = 3;
/** Shorter than an app waits for Redis before it gives up. */
const heldMs = 300;
const mostAttempts = 3;

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
    const isSlow = watchForSlowness(t);
    for (let attempt = 1; ; attempt++) {
      const pair = await whileHeld(t, door, held, replies);
      // Nothing keeps Redis from the second one. A 503 of it comes of a slow machine, or of what the first has not finished.
      if (pair[1].status === 503 && attempt < mostAttempts && isSlow()) continue;
      pairs.push(pair);
      break;
    }
  }
  return pairs;
}

async function whileHeld(t: Stage, door: RedisDoor, held: Visitor, replies: number): Promise<[Answer, Answer]> {
  const key = `held-${replies}-${Math.random()}`;
  const order = newOrder();
  t.trail.begin(`an instance has begun an order, and waits for reply ${replies + 1} of Redis; the same to another one`);
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
  let answer = await first;
  const other = await second;
  // Redis has kept the first one waiting. If it has given up, its client asks again.
  if (answer.status === 503) answer = await asked(t, () => post(t.visitor(), order, { key, on: 1 }));
  t.trail.retell(1);
  return [answer, other];
}
