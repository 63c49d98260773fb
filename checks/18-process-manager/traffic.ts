import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance } from '../harness/sdk/index.ts';
import { ask, inWords, type Reply } from './ask.ts';
import { cents, orderOf } from './orders.ts';

/** Customers at a time. */
const customers = 8;
const restMs = 20;
const events = Object.keys(cents);

export interface FailedRequest {
  /** "GET /live". */
  route: string;
  /** "503 {"error":"not ready yet"}", "ECONNRESET". */
  kind: string;
}

/**
 * Customers who ask and order, each request on a connection of its own. Half of the requests are orders. With a Redis that
 * takes its time each worker has some of them in flight at every moment.
 */
export class Traffic {
  requests = 0;
  readonly failures: FailedRequest[] = [];
  /** Ids of the orders that were confirmed. */
  readonly confirmed = new Set<string>();
  /** Keeps no connection; it knows those that are open. */
  readonly #agent = new Agent();
  readonly #app: Instance;
  readonly #kind: string;
  #over = false;
  readonly #done: Promise<unknown>;

  constructor(app: Instance, kind: string) {
    this.#app = app;
    this.#kind = kind;
    this.#done = Promise.all(Array.from({ length: customers }, (_, n) => this.#customer(n)));
  }

  /** Resolves when everything that was sent is answered. */
  async stop(): Promise<void> {
    this.#over = true;
    await this.#done;
  }

  /** Waits for nothing: a connection that a dying worker has not taken from PM2 is never answered, and only its customer ends it. */
  drop(): void {
    this.#over = true;
    this.#agent.destroy();
  }

  async #customer(n: number): Promise<void> {
    for (let turn = n; !this.#over; turn++) {
      if (turn % 2 === 0) await this.#order();
      else if (turn % 4 === 1)
        await this.#send('GET', '/prices/:event', encodeURIComponent(events[turn % events.length] as string));
      else if (turn % 16 === 15) await this.#send('GET', '/pictures/:event', 'oslo/A1');
      else await this.#send('GET', '/live');
      await delay(restMs);
    }
  }

  async #order(): Promise<void> {
    const order = orderOf(this.#kind);
    if (await this.#send('POST', '/orders', '', order)) this.confirmed.add(order.id);
  }

  async #send(method: string, route: string, what = '', body?: unknown): Promise<boolean> {
    this.requests++;
    const reply = await ask(this.#app, route.replace(/:.*/, what), { method, body, agent: this.#agent });
    if (reply.status >= 200 && reply.status < 300) return true;
    this.failures.push({ route: `${method} ${route}`, kind: kindOf(reply) });
    return false;
  }
}

export const kindOf = (reply: Reply): string => (reply.status === 0 ? reply.text : inWords(reply).slice(0, 60));

/** "12 × ECONNREFUSED, 3 × ECONNRESET". */
export function kindsOf(failures: string[]): string {
  const counts = new Map<string, number>();
  for (const kind of failures) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([kind, times]) => `${times} × ${kind}`)
    .join(', ');
}
