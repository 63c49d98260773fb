import type { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Asked, Question } from './ask.ts';
import type { Customer } from './customers.ts';

interface RushOptions {
  from: number;
  scale: number;
  customers: readonly Customer[];
  agent: Agent;
  keep: (answer: Asked) => unknown;
}

/** What all customers do at the same moment. */
interface Rush {
  /** Of the minute. */
  second: number;
  /** So long before it, whatever the length of the minute. */
  beforeMs?: number;
  question: Pick<Question, 'method' | 'path' | 'json'>;
}

const order = (event: number, seats: number) => ({ method: 'POST', path: '/orders', json: { event, seats } });

/**
 * Everybody wants the last seats at once: a shop that reads how many are left, and then writes, oversells. One crowd has just
 * ordered when a worker is killed, and one looks at its orders at the same moment.
 */
const rushes: readonly Rush[] = [
  { second: 4, question: order(3, 1) },
  { second: 6, question: order(2, 4) },
  { second: 12, beforeMs: 150, question: order(33, 1) },
  { second: 16, question: order(1, 8) },
  { second: 26, question: { path: '/orders' } },
];

/** Moments of the minute in which many ask at once. */
export class Rushes {
  readonly done: Promise<unknown>;

  constructor(url: string, { from, scale, customers, agent, keep }: RushOptions) {
    this.done = Promise.all(
      rushes.map(async ({ second, beforeMs = 0, question }) => {
        await delay(Math.max(0, from + second * 1_000 * scale - beforeMs - performance.now()));
        const asking = customers.map((customer) => customer.ask(url, { ...question, agent }));
        for (const answer of await Promise.all(asking)) keep(answer);
      }),
    );
  }
}
