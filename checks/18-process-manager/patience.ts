import { setTimeout as delay } from 'node:timers/promises';
import { type Stage, wantsCore, watchOthers } from '../harness/sdk/index.ts';

/** So many times its limit is what a machine that others keep busy may make of a wait. */
const mostStretch = 4;
/** For what has no time in the contract. */
const eventuallyMs = 20_000;

/** The time for something. It is longer while other programs keep the machine busy. */
export class Patience {
  readonly #othersAreBusy = watchOthers();
  readonly #startedAt = performance.now();
  readonly #limitMs: number;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  get tookMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Whether to look once more. */
  get lasts(): boolean {
    const ms = this.tookMs;
    return ms < this.#limitMs || (ms < mostStretch * this.#limitMs && this.#othersAreBusy());
  }

  /** What has come, and came late, is neither right nor wrong. */
  mustHaveLasted(t: Stage, what: string): void {
    const ms = this.tookMs;
    if (ms > this.#limitMs && this.#othersAreBusy())
      t.inconclusive(`${what} took ${(ms / 1_000).toFixed(1)} s, and other programs kept the machine busy`);
  }
}

/** A look that came later says nothing about the time before it. */
const longestLookMs = 100;

/** For how long some processes have rested: a pause that they have set themselves, however busy the machine is. */
export class Rest {
  ms = 0;
  #lookedAt = performance.now();

  /** Adds the time since the last look, unless one of them runs or waits for a core. */
  look(processes: { pid: number }[]): number {
    const sinceMs = performance.now() - this.#lookedAt;
    this.#lookedAt += sinceMs;
    const addedMs = wantsCore(processes) ? 0 : Math.min(sinceMs, longestLookMs);
    this.ms += addedMs;
    return addedMs;
  }
}

/** Like `t.until`, with patience. */
export async function eventually(t: Stage, what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
  const patience = new Patience(eventuallyMs);
  while (!(await ask())) {
    t.require(patience.lasts, { expected: what, seen: `not within ${Math.round(patience.tookMs / 1_000)} s` });
    await delay(20);
  }
}
