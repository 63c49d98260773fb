import { setTimeout as delay } from 'node:timers/promises';
import type { Instance } from '../harness/sdk/index.ts';
import { type Asked, ask } from './ask.ts';
import { Customer } from './customers.ts';

const customer = 394;
const everyMs = 60;

/** What an instance answers to requests that change something, asked past the balancer until the instance has ended. */
export async function askUntilEnded(instance: Instance): Promise<Asked[]> {
  const asked: Asked[] = [];
  const browser = new Customer(customer);
  for (; !instance.exited; await delay(everyMs)) {
    asked.push(await browser.logIn(instance.url));
    // It is served by saying that nobody may have so many.
    const json = { event: 33, seats: 99 };
    asked.push(await browser.ask(instance.url, { method: 'POST', path: '/orders', json }));
  }
  return asked;
}

/** What an instance answers to /ready until it ends, each time on a connection of its own: another worker's turn. */
export async function readinessOf(instance: Instance): Promise<{ at: number; status: number }[]> {
  const said: { at: number; status: number }[] = [];
  for (; !instance.exited; await delay(25)) said.push(await ask(instance.url, { path: '/ready', withinMs: 1_000 }));
  return said.map(({ at, status }) => ({ at, status }));
}
