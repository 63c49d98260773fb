import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import type { Asked } from './ask.ts';
import { guess } from './bot.ts';
import { Customer } from './customers.ts';
import lesson from './lesson.ts';
import { scrapeTotal } from './scrape.ts';
import type { Act, Script } from './script.ts';
import { askUntilEnded, readinessOf } from './until-ended.ts';
import { type Killed, killWorker, servingOf } from './workers.ts';

const drainDelayMs = Number(lesson.env.DRAIN_DELAY_MS);
/** Log in while an instance is ending, and nowhere else. */
const lastComers = [395, 396];
/** From before SIGTERM, which waits for a look of the balancer, until DRAIN_DELAY_MS has passed for sure. */
const slowMs = drainDelayMs + 900;

/** How an instance went in the deploy of the minute. */
export interface Deployed {
  from: number;
  to: number;
  noticedMs: number;
  /** From SIGTERM to the end of the process. */
  endedMs: number;
  /** The longest time between two of the balancer's looks meanwhile. */
  gapMs: number;
  /** The instance has answered 503 to /ready while it lived. */
  saidNo: boolean;
  /** How often it said 200 although most of DRAIN_DELAY_MS had begun: a worker that has not heard of the signal. */
  saidYes: number;
  /** A login that began before SIGTERM and whose body came after DRAIN_DELAY_MS. */
  slow: Asked;
  /** What was refused or broken off by the instance itself while the delay lasted. */
  unserved: Asked[];
  /** More than half of what it was asked then, and nothing before the signal: so it is no matter of time. */
  refuses: boolean;
  /** Undefined where it ended with 0, as it must. */
  ending: string | undefined;
  failure: { expected: string; seen: string; because: string; lookAt: string } | undefined;
}

/** What was done to the shop, and when (performance.now()). */
export interface Happened {
  events: { at: number; what: string }[];
  killed: Killed | undefined;
  redisAway: { from: number; to: number };
  supplierAway: { from: number; to: number };
  deploys: Deployed[];
  /** When the SMTP server took e-mails again. */
  smtpBack: number;
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
  script: Script;
}

/** What happens to the shop in its minute. */
export class Program {
  readonly #t: Stage;
  readonly #options: ProgramOptions;
  readonly #acts: Promise<unknown>[] = [];
  readonly #always: Promise<unknown>[];
  readonly #over = new AbortController();
  readonly #happened: Happened = {
    events: [],
    killed: undefined,
    redisAway: { from: 0, to: 0 },
    supplierAway: { from: 0, to: 0 },
    deploys: [],
    smtpBack: Number.POSITIVE_INFINITY,
    serving: [],
    guesses: [],
    counted: [],
    price: { at: Number.POSITIVE_INFINITY, cents: 0 },
  };
  #rolling = false;
  #counting: Promise<void> | undefined;

  constructor(t: Stage, options: ProgramOptions) {
    this.#t = t;
    this.#options = options;
    const acts: Record<Act, [what: string, act: () => Promise<unknown>]> = {
      serving: ['', () => (this.#counting = this.#countServing())],
      bot: ['a bot begins to try passwords', () => this.#bot()],
      kill: ['a worker is killed', () => this.#kill()],
      redis: ['Redis restarts', () => this.#redis()],
      smtp: ['SMTP answers 451', () => this.#smtp()],
      price: ['', () => this.#changePrice()],
      deploy: ['instance 1 is deployed', () => this.#deploy()],
      supplier: ['the box office is away', () => this.#supplier()],
    };
    for (const [act, second] of Object.entries(options.script.acts)) this.#at(second, ...acts[act as Act]);
    this.#always = [this.#platform(), this.#scrapes()];
  }

  /** Resolves when all of it has happened. */
  async end(): Promise<Happened> {
    await Promise.all(this.#acts);
    this.#over.abort();
    await Promise.all(this.#always);
    return this.#happened;
  }

  #at(second: number, what: string, act: () => Promise<unknown>): void {
    const run = async () => {
      await delay(Math.max(0, this.#options.from + second * 1_000 - performance.now()));
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
    const until = performance.now() + this.#options.script.bot * 1_000;
    for (let n = 0; performance.now() < until; n++) {
      this.#happened.guesses.push(await guess(this.#t.url, n));
      await delay(200);
    }
  }

  async #kill(): Promise<void> {
    await this.#counting; // Or one of those that are counted is gone.
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
    await delay(this.#options.script.smtp * 1_000);
    this.#t.smtp.refuse(undefined);
    this.#happened.smtpBack = performance.now();
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
    await delay(this.#options.script.supplier * 1_000);
    await this.#t.supplier.heal();
    this.#happened.supplierAway = { from, to: performance.now() };
  }

  async #deploy(): Promise<void> {
    this.#rolling = true;
    for (const number of [1, 2]) {
      if (number === 2) this.#happened.events.push({ at: performance.now(), what: 'instance 2 is deployed' });
      const from = performance.now();
      this.#t.takeLongestGapMs();
      const { url } = this.#t.app(number);
      const said = readinessOf(this.#t.app(number));
      const asked = askUntilEnded(this.#t.app(number));
      const slow = new Customer(lastComers[number - 1] as number).logIn(url, { bodyAfterMs: slowMs });
      const { failure, old, toldAt, noticedMs, endedMs } = await this.#t.roll(number, { deadlineMs: 10_000 });
      const isRefused = ({ status }: Asked) => status === 0 || status >= 500;
      const inDelay = (await asked).filter(({ at, ms }) => at > toldAt && at + ms < toldAt + drainDelayMs * 0.9);
      const unserved = inDelay.filter(isRefused);
      const servedBefore = (await asked).every((answer) => answer.at > toldAt || !isRefused(answer));
      const answers = (await said).filter(({ at }) => at > toldAt);
      this.#happened.deploys.push({
        from,
        to: performance.now(),
        noticedMs,
        endedMs,
        gapMs: this.#t.takeLongestGapMs(),
        failure,
        ending: old.exitCode === 0 ? undefined : old.ending(),
        slow: await slow,
        unserved,
        refuses: servedBefore && unserved.length > inDelay.length / 2,
        saidNo: answers.some(({ status }) => status === 503),
        saidYes: answers.filter(({ at, status }) => status === 200 && at > toldAt + drainDelayMs / 2).length,
      });
    }
    this.#rolling = false;
  }

  /** A platform starts a process again that has ended. */
  async #platform(): Promise<void> {
    while (!this.#over.signal.aborted) {
      await delay(500);
      if (this.#rolling) continue;
      for (const number of [1, 2]) if (this.#t.app(number).crashed) await this.#t.roll(number);
      if (this.#t.worker().crashed) await this.#t.restart('worker');
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
