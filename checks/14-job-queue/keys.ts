import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CheckDefinition, Stage, Visitor } from '../harness/sdk/index.ts';
import { idIn, mustHaveOneEach, newOrder, offersOf, type Placed, place, post, show, untilStatus } from './desk.ts';
import { whileOneWaits } from './overlap.ts';
import { eventually, asked as patiently } from './patience.ts';

const atOnce = 20;
let keys = 0;
/** What a client sends. Some of them break what uses them as a name. */
const newKey = (kind = 'key') => `${kind}-${++keys}-${Math.random().toString(36).slice(2, 8)}`;

const twice = {
  because: 'Two requests with one Idempotency-Key are one order: the client has heard no answer and asks again.',
  lookAt: 'what does a request do that comes with a key which another one has brought, or brings at this moment?',
};

export function keyBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'same-key',
    'the same request with the same Idempotency-Key is one order and one e-mail, also 20 times at once over two instances',
    twice,
    async (t) => {
      const visitor = t.visitor();
      const ids = [await atTheSameTime(t), await afterEachOther(t, visitor)];
      for (const pair of await whileOneWaits(t)) ids.push(onlyOne(t, pair));
      await mustHaveOneEach(t, visitor, t.smtp, ids, twice);
    },
    { limitMs: 25_000 },
  );

  behaviour(
    'other-body',
    'the same key with another order is a 422, and another key is another order',
    {
      because: 'The client believes that its order was placed, and it was another one that the shop remembers.',
      lookAt: 'what is kept with a key, and what is compared when it comes again?',
    },
    async (t) => {
      const visitor = t.visitor();
      const key = newKey();
      const first = newOrder({ event: 'hall-1', seats: 12, email: `1.${key}@example.org` });
      const id = await place(t, visitor, first, { key, on: 1 });
      for (const other of [
        { seats: 11 },
        { event: 'hall-2' },
        { email: `2.${key}@example.org` },
        // The same letters, one after the other.
        { event: 'hall-11', seats: 2 },
        { event: 'hall-', seats: 1, email: `21.${key}@example.org` },
      ] as Partial<Placed>[])
        for (const on of [2, 1]) {
          t.trail.retell(1);
          t.step(`the same key, and ${JSON.stringify(other)}`);
          (await patiently(t, () => post(visitor, { ...first, ...other }, { key, on }))).mustBe(422);
        }
      await untilStatus(t, visitor, id, 'confirmed');
      t.trail.retell(1, 'once that order is confirmed, another one with the same key');
      (await patiently(t, () => post(visitor, { ...first, seats: 11 }, { key }))).mustBe(422);

      const upper = newKey('KEY');
      const others = [
        upper,
        upper.toLowerCase(),
        `${upper}:1`,
        `${upper} 1`,
        'constructor',
        '__proto__',
        'x'.repeat(200),
      ];
      const ids = new Map<string, string>();
      for (const [n, one] of others.entries()) {
        t.trail.begin(`Idempotency-Key: ${one.slice(0, 40)}`);
        const id = await place(t, visitor, first, { key: one, on: (n % 2) + 1 });
        t.require(![...ids.values()].includes(id), {
          expected: 'an order of its own for each key',
          seen: 'the order of another key',
        });
        ids.set(one, id);
      }
      t.trail.begin('the same order twice, without a key');
      const without = [await place(t, visitor, first), await place(t, visitor, first)];
      t.require(without[0] !== without[1], { expected: 'two orders', seen: 'one' });
      await mustHaveOneEach(t, visitor, t.smtp, [id, ...ids.values(), ...without]);
    },
  );

  behaviour(
    'key-of-failed',
    'a key is kept when its order fails',
    {
      because: 'The key was forgotten with its order. The client asks again and gets a second one.',
      lookAt: 'when is a key written, and what removes it?',
    },
    async (t) => {
      const visitor = t.visitor();
      t.smtp.refuse(() => ({ code: 550, text: 'no such mailbox' }));
      const key = newKey();
      const order = newOrder();
      const id = await place(t, visitor, order, { key });
      await untilStatus(t, visitor, id, 'failed');
      t.smtp.refuse(undefined);
      t.trail.begin('an order that has failed, once more with its key');
      const again = await place(t, visitor, order, { key });
      t.require(again === id, { expected: `Location: /orders/${id}`, seen: `/orders/${again}` });
      const last = await place(t, visitor, newOrder());
      await untilStatus(t, visitor, last, 'confirmed');
      const { json } = await show(t, visitor, id);
      const offers = offersOf(t.smtp, id).length;
      t.require(json?.status === 'failed' && offers === 1, {
        expected: 'the order still failed, and no other attempt',
        seen: `${json?.status}, and ${offers} attempts`,
      });
    },
  );
}

/** Redis keeps its replies until all have asked, so none of them has seen what another one has written. */
async function atTheSameTime(t: Stage): Promise<string> {
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
async function afterEachOther(t: Stage, visitor: Visitor): Promise<string> {
  const key = newKey();
  const order = newOrder();
  t.trail.begin('the same order once more with its key, on the other instance, while it is pending');
  t.smtp.hold();
  const answers: Answer[] = [];
  const once = async (on: number) => answers.push(await patiently(t, () => post(visitor, order, { key, on })));
  for (const on of [1, 2]) await once(on);
  const id = onlyOne(t, answers);
  t.smtp.release();
  await untilStatus(t, visitor, id, 'confirmed');
  t.trail.begin('the same order once more with its key, when it is confirmed');
  for (const on of [1, 2]) await once(on);
  return onlyOne(t, answers);
}

function onlyOne(t: Stage, answers: Answer[]): string {
  const ids = new Set(answers.map((answer) => idIn(t, answer, answer.status === 409 ? busy : twice)));
  t.require(ids.size === 1, { expected: '202 with the same Location for each', seen: `${ids.size} orders` });
  return [...ids][0] as string;
}

const busy = {
  because: 'The client has asked again because it has heard nothing. A 409 does not tell it where its order is.',
  lookAt: 'what can a repeat be told while the first request is still under way?',
};
