import { setTimeout as delay } from 'node:timers/promises';
import { keptConnections, type NoReply, plainRequest } from '../harness/sdk/index.ts';
import { orderOf, prices } from './orders.ts';

/** Customers at a time. */
const customers = 8;
/** What one of them rests before the next request: 8 of them send some 150 requests a second. */
const restMs = 20;
const events = Object.keys(prices);

export interface FailedRequest {
  /** "502 ECONNREFUSED". */
  kind: string;
  /** performance.now() when it was seen. */
  at: number;
}

/** Customers who ask and order through the balancer. One whose order fails presses the button again. */
export class Traffic {
  requests = 0;
  readonly failures: FailedRequest[] = [];
  /** Ids of orders that were confirmed, and of all. */
  readonly confirmed = new Set<string>();
  readonly kind: string;
  readonly #url: string;
  readonly #agent = keptConnections(customers);
  #over = false;
  readonly #done: Promise<unknown>;

  constructor(url: string, kind: string) {
    this.#url = url;
    this.kind = kind;
    this.#done = Promise.all(Array.from({ length: customers }, (_, n) => this.#customer(n)));
  }

  /** Resolves when everything that was sent is answered. */
  async stop(): Promise<void> {
    this.#over = true;
    await this.#done;
    this.#agent.destroy();
  }

  async #customer(n: number): Promise<void> {
    for (let turn = n; !this.#over; turn++) {
      if (turn % 3 === 0) await this.#order();
      else await this.#ask('GET', `/prices/${encodeURIComponent(events[turn % events.length] as string)}`);
      await delay(restMs);
    }
  }

  async #order(): Promise<void> {
    const order = orderOf(this.kind);
    for (let tries = 1; tries <= 2; tries++)
      if (await this.#ask('POST', '/orders', order)) {
        this.confirmed.add(order.id);
        return;
      }
  }

  async #ask(method: string, path: string, body?: unknown): Promise<boolean> {
    this.requests++;
    const { status, text } = await plainRequest(new URL(path, this.#url), { method, body, agent: this.#agent }).catch(
      (error: NoReply) => ({ status: 0, text: error.message }),
    );
    if (status >= 200 && status < 300) return true;
    const said = text
      .replace(/instance \d+: /, '')
      .replace(/\s+/g, ' ')
      .slice(0, 60);
    this.failures.push({ kind: `${status || ''} ${said}`.trim(), at: performance.now() });
    return false;
  }
}
