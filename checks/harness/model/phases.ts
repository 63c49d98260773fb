/** What the time of a check goes into, in this order; `repairs` come between behaviours. */
export const phases = ['start-up', 'services', 'app', 'behaviours', 'repairs', 'load', 'end'] as const;
export type Phase = (typeof phases)[number];

/** Milliseconds in each. A phase that was not reached has none. */
export type PhaseTimes = Partial<Record<Phase, number>>;

/** Adds up the time between one phase's beginning and the next one's. */
export class PhaseClock {
  readonly #times: PhaseTimes = {};
  #phase: Phase = 'start-up';
  #since: number;

  /** @param at Date.now(): what begins phases may run in another thread. */
  constructor(at: number) {
    this.#since = at;
  }

  begin(phase: Phase, at: number): void {
    this.#times[this.#phase] = (this.#times[this.#phase] ?? 0) + Math.max(0, at - this.#since);
    this.#phase = phase;
    this.#since = at;
  }

  /** @returns what all of them came to. */
  stop(at: number): PhaseTimes {
    this.begin('end', at);
    return this.#times;
  }
}
