import { setTimeout as delay } from 'node:timers/promises';
import type { Instance } from '../harness/sdk/index.ts';

/** So long an outage is at the most: a pause of 10 s has then passed once. */
const longestOutageMs = 11_000;
/** A pause of this length is too long already. */
const tooLongMs = 3_000;
/** Below this, pauses that grow are not waited for: they need minutes. */
const worthWaitingMs = 1_000;
/** Timers are late by a little. */
const growth = 1.05;

/**
 * Lets an outage end at its worst moment: right after an attempt to connect, so that the whole next pause lies before the
 * app. Otherwise luck decides whether a pause of 10 s ends soon after the outage. Pauses that grow may grow on meanwhile.
 * An app that can't be watched, or that tries only when it is asked, is waited for as long as the others.
 */
export class Pauses {
  readonly #app: Instance;
  readonly #port: number;
  readonly #beganAt = Date.now();

  private constructor(app: Instance, port: number) {
    this.#app = app;
    this.#port = port;
  }

  /** From now on, the attempts of that app to reach that address are watched. */
  static async watch(app: Instance, address: string): Promise<Pauses> {
    const pauses = new Pauses(app, Number(new URL(address).port));
    await pauses.#attempts();
    return pauses;
  }

  async longest(): Promise<void> {
    let seen = (await this.#attempts()).length;
    while (Date.now() - this.#beganAt < longestOutageMs) {
      await delay(20);
      const attempts = await this.#attempts();
      if (attempts.length > seen && !growOn(attempts)) return;
      seen = attempts.length;
    }
  }

  async #attempts(): Promise<number[]> {
    const times = await this.#app.probe.dials(this.#port).catch(() => []);
    return times.filter((at) => at >= this.#beganAt);
  }
}

/** Whether the next pauses may be longer, and soon enough. */
function growOn(attempts: number[]): boolean {
  const pauses = attempts.slice(1).map((at, before) => at - (attempts[before] ?? at));
  const last = pauses.pop() ?? 0;
  return last >= worthWaitingMs && last < tooLongMs && last > growth * Math.max(0, ...pauses);
}
