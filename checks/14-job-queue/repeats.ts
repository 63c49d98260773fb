import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Stage, Teaching, Visitor } from '../harness/sdk/index.ts';
import { idIn, newOrder, type Placed, post, untilStatus } from './desk.ts';
import { eventually, asked as patiently } from './patience.ts';

const atOnce = 20;
let keys = 0;
/** What a client sends. Some of them break what uses them as a name. */
export const newKey = (kind = 'key') => `${kind}-${++keys}-${Math.random().toString(36).slice(2, 8)}`;

export const twice = {
  because: 'Two requests with one Idempotency-Key are one order: the client has heard no answer and asks again.',
  lookAt: 'what does a request do that comes with a key which another one has brought, or brings at this moment?',
};

/** Redis keeps its replies until all have asked, so none of them has seen what another one has written. */
export async function atTheSameTime(t: Stage): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const key = newKey();
    const order = newOrder();
    t.trail.begin(`the same order ${atOnce} times at once, with one key, over both instances`);
    t.redis.holdReplies();
    const asked = Promise.all(
      Array.from({ length: atOnce }, (_, n) => t.visitor().send('POST', '/orders', order, sending(key, (n % 2) + 1))),
    );
    asked.catch(() => {}); // Awaited below.
    try {
      await eventually(t, 'the app to ask Redis', () => t.redis.heldBytes > 0);
      await delay(200);
    } finally {
      t.redis.resume();
    }
    const answers = await asked;
    t.trail.retell(1);
    // Held for too long on a busy machine, so that the app was right to give up.
    if (attempt < 3 && answers.some(({ status }) => status === 503)) continue;
    return onlyOne(t, answers);
  }
}

const sending = (key: string, on: number) => ({ on, headers: { 'idempotency-key': key } });

/** Also when the order has long been confirmed, and its job may be gone. */
export async function afterEachOther(t: Stage, visitor: Visitor): Promise<string> {
  const key = newKey();
  const order = newOrder();
  t.trail.begin('the same order once more with its key, on the other instance, while it is pending');
  t.smtp.hold();
  const answers: Answer[] = [];
  // The second instance gets the fields in another order, as a proxy or a new version of the client may send them.
  const turned = Object.fromEntries(Object.entries(order).reverse()) as unknown as Placed;
  const once = async (on: number) =>
    answers.push(await patiently(t, () => post(visitor, on === 2 ? turned : order, { key, on })));
  for (const on of [1, 2]) await once(on);
  const id = onlyOne(t, answers);
  t.smtp.release();
  await untilStatus(t, visitor, id, 'confirmed');
  t.trail.begin('the same order once more with its key, when it is confirmed');
  for (const on of [1, 2]) await once(on);
  return onlyOne(t, answers);
}

export function onlyOne(t: Stage, answers: Answer[]): string {
  const teachings: Record<number, Teaching> = { 409: busy, 422: sameOrder };
  const ids = new Set(answers.map((answer) => idIn(t, answer, teachings[answer.status] ?? twice)));
  t.require(ids.size === 1, { expected: '202 with the same Location for each', seen: `${ids.size} orders` });
  return [...ids][0] as string;
}

const busy = {
  because: 'The client has asked again because it has heard nothing. A 409 does not tell it where its order is.',
  lookAt: 'what can a repeat be told while the first request is still under way?',
};

const sameOrder = {
  because: 'It is the same order: event, seats and email are equal. The client is told that it has sent another one.',
  lookAt: 'what is compared when a key comes again, and can the same order look different there?',
};
