import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { jsonOf } from './ask.ts';
import type { Customer } from './customers.ts';

const event = 46;
/** The programme may be kept for 2 s. After that every process knows that the event is no longer on sale. */
const forgottenAfterMs = 2_500;

/** Rule 2, at any time afterwards: an event that is no longer on sale still has its orders. */
export async function mustOutliveTheSale(t: Stage, customers: readonly Customer[]): Promise<void> {
  const customer = customers.findLast(({ isLoggedIn }) => isLoggedIn);
  const placed = await customer?.ask(t.url, { method: 'POST', path: '/orders', json: { event, seats: 1 } });
  if (!customer || placed?.status !== 201) return;
  const { id } = jsonOf(placed) ?? {};
  await t.postgres.query('UPDATE events SET on_sale = false WHERE id = $1', [event]);
  await delay(forgottenAfterMs);
  const paths = [`/orders/${id}`, `/orders/${id}/ticket`, '/orders'];
  for (const path of paths) {
    const answer = await customer.ask(t.url, { path });
    // A session that is gone is part 1's, and what could not be answered is another part's.
    const isMissing =
      answer.status === 404 ||
      (path === '/orders' &&
        answer.status === 200 &&
        !jsonOf(answer)?.orders?.some((order: { id: number }) => order.id === id));
    t.require(!isMissing, {
      step: `an order, the event’s on_sale set to false in PostgreSQL, and GET ${path} ${forgottenAfterMs / 1_000} s later`,
      expected: `order ${id}`,
      seen: answer.status === 404 ? '404' : 'a list without it',
      because: 'An order is found only while its event is on sale. On the evening of the event nobody has one.',
      lookAt: 'what is an order joined with, or looked up in, when it is read?',
    });
  }
  await t.postgres.query('UPDATE events SET on_sale = true WHERE id = $1', [event]);
}
