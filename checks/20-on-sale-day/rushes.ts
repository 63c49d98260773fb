import type { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Asked, Question } from './ask.ts';
import type { Customer } from './customers.ts';
import type { Rush, Script } from './script.ts';

interface RushOptions {
  from: number;
  script: Script;
  customers: readonly Customer[];
  agent: Agent;
  keep: (answer: Asked) => unknown;
}

const order = (event: number, seats: number) => ({ method: 'POST', path: '/orders', json: { event, seats } });

/**
 * Everybody wants the last seats at once: a shop that reads how many are left, and then writes, oversells. One crowd has just
 * ordered when a worker is killed, and one looks at its orders at the same moment.
 */
const questions: Record<Rush, Pick<Question, 'method' | 'path' | 'json'>> = {
  'eight seats': order(3, 1),
  // 120 seats don’t come out even: whoever asks only whether any are left sells more.
  'many seats': order(2, 7),
  'just before the kill': order(33, 1),
  'the last seats': order(1, 8),
  'their lists': { path: '/orders' },
};
/** So long before its second, whatever the length of the minute. */
const beforeMs: Partial<Record<Rush, number>> = { 'just before the kill': 150 };

/** Moments of the minute in which many ask at once. */
export class Rushes {
  readonly done: Promise<unknown>;

  constructor(url: string, { from, script, customers, agent, keep }: RushOptions) {
    this.done = Promise.all(
      (Object.entries(script.rushes) as [Rush, number][]).map(async ([rush, second]) => {
        await delay(Math.max(0, from + second * 1_000 - (beforeMs[rush] ?? 0) - performance.now()));
        const asking = customers.map((customer) => customer.ask(url, { ...questions[rush], agent }));
        for (const answer of await Promise.all(asking)) keep(answer);
      }),
    );
  }
}
