import type { Stage } from '../harness/sdk/index.ts';
import { type Asked, jsonOf } from './ask.ts';
import type { Customer } from './customers.ts';

const buyers = 3;
const event = 45;
/** On connections of their own, so that each process of both instances gets some. */
const readersEach = 8;

/** Rule 2: at any time afterwards. Each process has just shown the list without the order. */
export async function mustBeListedAtOnce(t: Stage, customers: readonly Customer[]): Promise<void> {
  for (const customer of customers.filter(({ isLoggedIn }) => isLoggedIn).slice(0, buyers)) {
    await readEverywhere(t, customer);
    const placed = await customer.ask(t.url, { method: 'POST', path: '/orders', json: { event, seats: 1 } });
    if (placed.status !== 201) continue;
    const { id } = jsonOf(placed) ?? {};
    // A session that is gone is part 1's.
    const lists = (await readEverywhere(t, customer)).filter(({ status }) => status === 200);
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

function readEverywhere(t: Stage, customer: Customer): Promise<Asked[]> {
  const urls = [1, 2].flatMap((number) => Array.from({ length: readersEach }, () => t.app(number).url));
  return Promise.all(urls.map((url) => customer.ask(url, { path: '/orders' })));
}
