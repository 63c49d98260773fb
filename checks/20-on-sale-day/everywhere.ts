import type { Stage } from '../harness/sdk/index.ts';
import type { Asked } from './ask.ts';
import type { Customer } from './customers.ts';

/** On connections of their own, so that each process of both instances gets some. */
const readersEach = 8;

/** Asks each process of both instances. */
export function readEverywhere(t: Stage, customer: Customer, path: string): Promise<Asked[]> {
  const urls = [1, 2].flatMap((number) => Array.from({ length: readersEach }, () => t.app(number).url));
  return Promise.all(urls.map((url) => customer.ask(url, { path })));
}
