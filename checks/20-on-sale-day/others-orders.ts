import type { Stage } from '../harness/sdk/index.ts';
import type { Customer } from './customers.ts';
import { readEverywhere } from './everywhere.ts';

interface Orders {
  one: Customer;
  other: Customer;
  /** Ids of orders of `one`. */
  orders: readonly number[];
}

const foundById = {
  expected: '404 for another customer',
  seen: '200',
  because:
    'An order or its ticket is found by the id alone: by a statement, or in what was kept of an earlier answer. And ids can be guessed.',
  lookAt: 'which statement finds the order, what is looked for before it, and does each of them name the customer?',
};

/** Rule 3 of an order and its ticket: asked for by another customer in each process, before and after their own has asked there. */
export async function mustKeepFromOthers(t: Stage, { one, other, orders }: Orders): Promise<void> {
  const [known, order] = orders;
  const nobodys = async (path: string, step: string) => {
    const answers = await readEverywhere(t, other, path);
    t.require(!answers.some(({ status }) => status === 200), { step: `GET ${path} ${step}`, ...foundById });
  };
  for (const what of ['', '/ticket']) {
    const path = `/orders/${order ?? known}${what}`;
    await nobodys(path, 'of another customer, in each process');
    const isServed = order !== undefined && (await one.ask(t.url, { path: `/orders/${known}${what}` })).status === 200;
    const own = await readEverywhere(t, one, path);
    t.require(!isServed || !own.some(({ status }) => status === 404), {
      step: `GET ${path} of another customer, and then of its own, in each process`,
      expected: '200 for its own customer',
      seen: '404',
      because: 'The 404 of another customer was kept, and its own customer gets it, too.',
      lookAt: 'what is kept of an answer, and is the customer in its key?',
    });
    await nobodys(path, 'of its own customer, and then of another, in each process');
  }
}
