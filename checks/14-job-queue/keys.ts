import type { Answer, CheckDefinition } from '../harness/sdk/index.ts';
import { mustHaveOneEach, newOrder, offersOf, type Placed, place, post, show, untilStatus } from './desk.ts';
import { whileOneWaits } from './overlap.ts';
import { asked as patiently } from './patience.ts';
import { afterEachOther, atTheSameTime, newKey, onlyOne, twice } from './repeats.ts';

export function keyBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'same-key',
    'the same request with the same Idempotency-Key is one order and one e-mail, also 20 times at once over two instances',
    twice,
    async (t) => {
      const visitor = t.visitor();
      const ids = [await atTheSameTime(t), await afterEachOther(t, visitor)];
      await mustHaveOneEach(t, visitor, t.smtp, ids, twice);
    },
    { further: true },
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
        // Almost the same.
        { event: 'Hall-1' },
        { event: 'hall-1 ' },
        { email: `1.${key}@example.org`.toUpperCase() },
        // The same letters, one after the other.
        { event: 'hall-11', seats: 2 },
        { event: 'hall-', seats: 1, email: `21.${key}@example.org` },
      ] as Partial<Placed>[])
        for (const on of [2, 1]) {
          t.trail.retell(1);
          t.step(`the same key, and ${JSON.stringify(other)}`);
          mustRefuse(await patiently(t, () => post(visitor, { ...first, ...other }, { key, on })), id);
        }
      await untilStatus(t, visitor, id, 'confirmed');
      t.trail.retell(1, 'once that order is confirmed, another one with the same key');
      mustRefuse(await patiently(t, () => post(visitor, { ...first, seats: 11 }, { key })), id);

      const upper = newKey('KEY');
      const others = [
        upper,
        upper.toLowerCase(),
        `${upper}:1`,
        `${upper} 1`,
        // A cleaner makes one key of these.
        ...['-1', '_1', '1', '%3A1'].map((end) => `${upper}${end}`),
        'constructor',
        '__proto__',
        'x'.repeat(200),
        `${'x'.repeat(200)}1`,
        `1${'x'.repeat(200)}`,
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
    { further: true },
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
    { further: true },
  );

  behaviour(
    'key-under-way',
    'the same request with the same Idempotency-Key is answered alike while the first one is still under way',
    twice,
    async (t) => {
      const ids: string[] = [];
      for (const pair of await whileOneWaits(t)) ids.push(onlyOne(t, pair));
      await mustHaveOneEach(t, t.visitor(), t.smtp, ids, twice);
    },
    { further: true, limitMs: 25_000 },
  );
}

/** @param id the order that was placed with this key first. */
function mustRefuse(answer: Answer, id: string): void {
  const isNew = answer.status === 202 && answer.json?.order !== id;
  answer.mustBe(422, isNew ? placedAnew : {});
}

const placedAnew = {
  because:
    'The key belongs to another order, and this one was placed as well. A client that uses a key twice by mistake has two orders, and is told nothing.',
  lookAt: 'what leads to what is kept with a key: the key alone, or the key and a part of the order?',
};
