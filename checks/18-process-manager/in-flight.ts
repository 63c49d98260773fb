import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { HeldOrder, inWords, pidServing } from './ask.ts';
import { Patience } from './patience.ts';
import { workers, workersOf } from './workers.ts';

export const refusedInFlight: Teaching = {
  because: 'Requests in flight were answered with an error by a worker that is about to end.',
  lookAt: 'what does the app do with requests that it has already, and does it close what they need before them?',
};

/** Connections go to each worker in turn. */
const ordersOfEach = 2;
/** By the contract a request that takes longer than 5 s may be broken. One worker may also wait for it before the next one starts. */
const heldForMs = 4_000;
/** From the first answer of a new worker. By then PM2 has told the old one to end. */
const toldWithinMs = 300;

/** Orders that each worker has in flight while some of them are replaced. */
export class OrdersInFlight {
  readonly #held: HeldOrder[];
  readonly #before: ReadonlySet<number>;

  private constructor(held: HeldOrder[], before: ReadonlySet<number>) {
    this.#held = held;
    this.#before = before;
  }

  static async begin(t: Stage, app: Instance): Promise<OrdersInFlight> {
    const held = [];
    for (let n = 0; n < ordersOfEach * workers; n++) held.push(await HeldOrder.begin(t, app));
    return new OrdersInFlight(held, new Set(workersOf(app)));
  }

  /**
   * Sends the bodies when an old worker has been told to end, or when they have taken long enough. All must be answered.
   * @param isTold whether PM2 was told to start new workers: they will come, if late. An old one that leaves by itself may wait
   * for these orders before anybody starts, and on a busy machine not longer.
   */
  async finish(t: Stage, app: Instance, teaching: Teaching, isTold = false): Promise<void> {
    const patience = new Patience(heldForMs);
    const isBroken = () => this.#held.some(({ endedAt }) => endedAt !== undefined);
    const mayHold = () => patience.tookMs < heldForMs || ((isTold || this.#hasNew(app)) && patience.lasts);
    while (!isBroken() && !(await this.#newServes(app)) && mayHold()) await delay(20);
    for (const toldAt = performance.now(); !isBroken() && performance.now() - toldAt < toldWithinMs; ) await delay(20);
    const replies = await Promise.all(this.#held.map((order) => order.finish()));
    const lost = replies.filter(({ status }) => status !== 201);
    t.require(lost.length === 0, {
      step: `${this.#held.length} orders in flight, whose bodies come when a new worker serves`,
      expected: '201 for each',
      seen: `${lost.length} without one: ${lost[0] && inWords(lost[0])}`,
      ...(lost.every(({ status }) => status === 500 || status === 503) ? refusedInFlight : teaching),
    });
  }

  get ids(): string[] {
    return this.#held.map(({ id }) => id);
  }

  drop(): void {
    for (const order of this.#held) order.drop();
  }

  #hasNew(app: Instance): boolean {
    return workersOf(app).some((pid) => !this.#before.has(pid));
  }

  async #newServes(app: Instance): Promise<boolean> {
    if (!this.#hasNew(app)) return false;
    const pid = await pidServing(app);
    return pid !== undefined && !this.#before.has(pid);
  }
}
