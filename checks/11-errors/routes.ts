import { writeFileSync } from 'node:fs';
import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, type Reply, seen } from './ask.ts';
import { order, plan } from './provoke.ts';

/** What the starter can do already. */
export function routeBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'routes',
    'the routes answer as the README’s table says',
    {
      because:
        'Nothing has failed, and the answer is not the one in the table. What is fixed for errors must not change what works.',
      lookAt: 'which route answers this request, and does something in front of it answer first?',
    },
    async (t) => {
      const app = t.app();
      const must = (reply: Reply, status: number, expected: string, isRight: boolean) =>
        t.require(reply.status === status && reply.whole && isRight, {
          expected: `${status}, ${expected}`,
          seen: seen(reply),
        });

      const event = await ask(t, app, 'GET', '/events/1');
      must(event, 200, 'event 1', event.json?.id === '1' && event.json?.city === 'berlin');
      t.trail.begin();
      const ordered = await ask(t, app, 'POST', '/orders', { body: order });
      const total = 2 * (event.json?.priceCents + 250);
      const { order: number, event: ofEvent, seats, totalCents } = ordered.json ?? {};
      const isRight = typeof number === 'string' && ofEvent === '1' && seats === 2 && totalCents === total;
      must(ordered, 201, `an order of 2 seats for ${total} cents`, isRight);
      t.trail.begin();
      const fees = await ask(t, app, 'GET', '/fees/oslo');
      must(fees, 200, '{"city":"oslo","feeCents":320}', fees.json?.city === 'oslo' && fees.json?.feeCents === 320);
      for (const text of [plan, `${plan}row C  sold out\n`, plan]) {
        t.trail.begin('PLAN_FILE is written');
        writeFileSync(t.file('PLAN_FILE'), text);
        const shown = await ask(t, app, 'GET', '/plan');
        must(shown, 200, 'the text of PLAN_FILE as it is now', shown.text === text);
      }
      for (const [city, count] of [
        ['oslo', 40],
        ['nowhere', 0],
      ] as const) {
        t.trail.begin();
        const listed = await ask(t, app, 'GET', `/export/${city}`);
        const lines = listed.text.split('\n').filter(Boolean);
        const good = lines.length === count && lines.every((line) => isEventOf(line, city));
        must(listed, 200, `${count} events of ${city}, one JSON object a line`, good);
      }
      t.trail.begin();
      await t.until('GET /seats to answer 200 with a number, once the seats were refreshed', async () => {
        const { status, json } = await ask(t, app, 'GET', '/seats');
        t.trail.begin();
        return status === 200 && Number.isInteger(json?.seatsLeft);
      });
    },
  );
}

function isEventOf(line: string, city: string): boolean {
  try {
    return JSON.parse(line).city === city;
  } catch {
    return false;
  }
}
