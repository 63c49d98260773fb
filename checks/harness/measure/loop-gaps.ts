/** How often it is looked whether this thread gets a core. */
const everyMs = 50;
/** Shorter ones are ordinary work: a table that is compared, garbage that is collected. */
const shortestGapMs = 150;

/**
 * When this thread's event loop stood still, be it because other programs had the cores or because of work of its own. What
 * passes through it, such as a proxy's bytes, waited meanwhile.
 */
export class LoopGaps {
  readonly #gaps: { from: number; to: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #lastTurn = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#turn(), everyMs).unref();
  }

  /** The longest time, in ms, that it stood still between two points in time (performance.now()). */
  longestMs(from: number, to = performance.now()): number {
    this.#turn();
    const parts = this.#gaps.map((gap) => Math.min(gap.to, to) - Math.max(gap.from, from));
    return Math.max(0, ...parts);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #turn(): void {
    const now = performance.now();
    const due = this.#lastTurn + everyMs;
    if (now - due > shortestGapMs) this.#gaps.push({ from: due, to: now });
    this.#lastTurn = now;
  }
}
