import type { Stage } from '../harness/sdk/index.ts';
import { jsonOf } from './ask.ts';
import type { Customer } from './customers.ts';
import { readEverywhere } from './everywhere.ts';

const buyers = 3;
const event = 45;

/** Rule 2: at any time afterwards. Each process has just shown the list without the order. */
export async function mustBeListedAtOnce(t: Stage, customers: readonly Customer[]): Promise<void> {
  for (const customer of customers.filter(({ isLoggedIn }) => isLoggedIn).slice(0, buyers)) {
    await readEverywhere(t, customer, '/orders');
    const placed = await customer.ask(t.url, { method: 'POST', path: '/orders', json: { event, seats: 1 } });
    if (placed.status !== 201) continue;
    const { id } = jsonOf(placed) ?? {};
    // A session that is gone is part 1's.
    const lists = (await readEverywhere(t, customer, '/orders')).filter(({ status }) => status === 200);
    const without = lists.filter((list) => !jsonOf(list)?.orders?.some((order: { id: number }) => order.id === id));
    t.require(without.length === 0, {
      step: `GET /orders of a customer on both instances, an order, and GET /orders again at once`,
      expected: `order ${id} in each of ${lists.length} lists`,
      seen: `${without.length} without it`,
      because: 'A list from before the order was kept, and is shown to a customer whose order has been accepted since.',
      lookAt: 'who keeps lists of orders, and does every process hear of a new order?',
    });
  }
}
