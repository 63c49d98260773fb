import type { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import type { Asked } from './ask.ts';
import { guess } from './bot.ts';
import { scrapeTotal } from './scrape.ts';
import { type Killed, killWorker, servingOf } from './workers.ts';

/** How an instance went in the deploy of the minute. */
export interface Deployed {
  from: number;
  to: number;
  noticedMs: number;
  isReady: boolean;
  failure: { expected: string; seen: string; because: string; lookAt: string } | undefined;
}

/** What was done to the shop, and when (performance.now()). */
export interface Happened {
  events: { at: number; what: string }[];
  killed: Killed | undefined;
  redisAway: { from: number; to: number };
  supplierAway: { from: number; to: number };
  deploys: Deployed[];
  /** Processes that ended without being told to, and were started again as a platform does. */
  deaths: string[];
  /** Of each instance, how many processes served before anything happened. */
  serving: number[];
  guesses: Asked[];
  /** The sum of http_requests_total, by instance and time. */
  counted: { instance: Instance; total: number }[];
  /** The price of event 2 was changed at this moment, to this one. */
  price: { at: number; cents: number };
}

interface ProgramOptions {
  from: number;
  /** 1: a minute. */
  scale: number;
  asked: readonly Asked[];
  agent: Agent;
}

/** What happens to the shop in its minute. */
export class Program {
  readonly #t: Stage;
  readonly #options: ProgramOptions;
  readonly #acts: Promise<unknown>[] = [];
  readonly #over = new AbortController();
  readonly #happened: Happened = {
    events: [],
    killed: undefined,
    redisAway: { from: 0, to: 0 },
    supplierAway: { from: 0, to: 0 },
    deploys: [],
    deaths: [],
    serving: [],
    guesses: [],
    counted: [],
    price: { at: Number.POSITIVE_INFINITY, cents: 0 },
  };
  #rolling = false;

  constructor(t: Stage, options: ProgramOptions) {
    this.#t = t;
    this.#options = options;
    this.#at(8, '', () => this.#countServing());
    this.#at(10, 'a bot begins to try passwords', () => this.#bot());
    this.#at(12, 'a worker is killed', () => this.#kill());
    this.#at(20, 'Redis restarts', () => this.#redis());
    this.#at(30, 'SMTP answers 451', () => this.#smtp());
    this.#at(36, '', () => this.#changePrice());
    this.#at(42, 'instance 1 is deployed', () => this.#deploy());
    this.#at(50, 'the box office is away', () => this.#supplier());
    this.#acts.push(this.#platform(), this.#scrapes());
  }

  /** Resolves when all of it has happened. */
  async end(): Promise<Happened> {
    await Promise.all(this.#acts.slice(0, -2));
    this.#over.abort();
    await Promise.all(this.#acts);
    return this.#happened;
  }

  #at(second: number, what: string, act: () => Promise<unknown>): void {
    const run = async () => {
      await delay(Math.max(0, this.#options.from + second * 1_000 * this.#options.scale - performance.now()));
      if (what) this.#happened.events.push({ at: performance.now(), what });
      await act();
    };
    this.#acts.push(run());
  }

  async #countServing(): Promise<void> {
    this.#happened.serving = await Promise.all(
      [1, 2].map(async (number) => (await servingOf(this.#t.app(number))).length),
    );
  }

  async #bot(): Promise<void> {
    const until = performance.now() + 30_000 * this.#options.scale;
    for (let n = 0; performance.now() < until; n++) {
      this.#happened.guesses.push(await guess(this.#t.url, n));
      await delay(200);
    }
  }

  async #kill(): Promise<void> {
    this.#happened.killed = await killWorker(this.#t.app(1));
  }

  async #redis(): Promise<void> {
    const { redis } = this.#t;
    const from = performance.now();
    await redis.cut();
    await redis.forgetScripts();
    await delay(1_500);
    await redis.restore();
    this.#happened.redisAway = { from, to: performance.now() };
  }

  async #smtp(): Promise<void> {
    this.#t.smtp.refuse(() => ({ code: 451, text: 'please try again later' }));
    await delay(6_000 * this.#options.scale);
    this.#t.smtp.refuse(undefined);
  }

  async #changePrice(): Promise<void> {
    const { supplier } = this.#t;
    const cents = 4_321;
    await supplier.change('2', { priceCents: cents });
    this.#happened.price = { at: performance.now(), cents };
  }

  async #supplier(): Promise<void> {
    const from = performance.now();
    await this.#t.supplier.fail({ how: 'refuse' });
    await delay(3_000 * this.#options.scale);
    await this.#t.supplier.heal();
    this.#happened.supplierAway = { from, to: performance.now() };
  }

  async #deploy(): Promise<void> {
    this.#rolling = true;
    for (const number of [1, 2]) {
      if (number === 2) this.#happened.events.push({ at: performance.now(), what: 'instance 2 is deployed' });
      const from = performance.now();
      const { failure, isReady, noticedMs } = await this.#t.roll(number, { deadlineMs: 10_000 });
      this.#happened.deploys.push({ from, to: performance.now(), noticedMs, isReady, failure });
    }
    this.#rolling = false;
  }

  /** A platform starts a process again that has ended. */
  async #platform(): Promise<void> {
    while (!this.#over.signal.aborted) {
      await delay(500);
      if (this.#rolling) continue;
      for (const number of [1, 2])
        if (this.#t.app(number).crashed) {
          this.#happened.deaths.push(`instance ${number}`);
          await this.#t.roll(number);
        }
      if (this.#t.worker().crashed) {
        this.#happened.deaths.push('the worker');
        await this.#t.restart('worker');
      }
    }
  }

  /** As Prometheus does, more often. */
  async #scrapes(): Promise<void> {
    for (; !this.#over.signal.aborted; await delay(1_000))
      for (const number of [1, 2]) {
        const instance = this.#t.app(number);
        const total = await scrapeTotal(instance);
        if (total !== undefined) this.#happened.counted.push({ instance, total });
      }
  }
}
