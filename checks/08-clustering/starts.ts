import { type Instance, pulseOf, type Teaching } from '../harness/sdk/index.ts';
import { watchForSlowness } from './patience.ts';
import { workersOf } from './workers.ts';

/** By the contract. */
export const mostStarts = 25;
export const givesUpWithinMs = 15_000;

/** From one start to the next. Twice as long is more than 10 s, within which all workers must serve again. */
const aLongPauseMs = 6_000;
/** Pauses that double, from 0.1 s or from 1 s, have passed that by then. */
const mostGrowthMs = 30_000;

/** Counts the workers that an app starts, from now on, and how long it waits in between. Has to look often. */
export class Starts {
  /** Longest time without any worker, in milliseconds. */
  longestPauseMs = 0;
  readonly #app: Instance;
  readonly #old: ReadonlySet<number>;
  readonly #started = new Set<number>();
  readonly #startedAt = performance.now();
  readonly #isSlow: () => boolean;
  readonly #startTimes: number[] = [];
  #alive: number[] = [];
  #lookedAt = this.#startedAt;
  #pauseMs = 0;
  #pausesMs = 0;

  /** @param old pids that are there already. */
  constructor(app: Instance, old: Iterable<number>) {
    this.#app = app;
    this.#old = new Set(old);
    this.#isSlow = watchForSlowness(app);
  }

  look(): void {
    this.#alive = workersOf(this.#app);
    for (const pid of this.#alive) {
      if (this.#old.has(pid) || this.#started.has(pid)) continue;
      this.#started.add(pid);
      this.#startTimes.push(this.sinceMs());
    }
    const sinceLookMs = performance.now() - this.#lookedAt;
    this.#lookedAt += sinceLookMs;
    // A primary that wants a core and gets none does not wait.
    const pauses = this.#alive.length === 0 && pulseOf(this.#app.pid)?.wantsCore !== true;
    this.#pauseMs = pauses ? this.#pauseMs + sinceLookMs : 0;
    if (pauses) this.#pausesMs += sinceLookMs;
    this.longestPauseMs = Math.max(this.longestPauseMs, this.#pauseMs);
  }

  get count(): number {
    return this.#started.size;
  }

  /** How many of those that were started have ended, at the last look. */
  get died(): number {
    return [...this.#started].filter((pid) => !this.#alive.includes(pid)).length;
  }

  /**
   * Whether the pauses still grow, so that nobody knows yet how long they get. After a long one the question is whether the
   * next is twice as long: it begins when the worker that was just started has died.
   */
  pausesGrow(): boolean {
    const [first = 0, second = 0, third = 0] = this.#startTimes.slice(-3);
    if (this.#startTimes.length < 3 || this.sinceMs() > mostGrowthMs) return false;
    const grows = third - second > 1.4 * (second - first);
    return grows && (third - second < aLongPauseMs || this.died < this.count);
  }

  sinceMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** "4.2 s" */
  after(): string {
    return `${(this.sinceMs() / 1_000).toFixed(1)} s`;
  }

  /** The time of the contract is over. On a slow machine starts take their time; what the app waits between them is its own. */
  isOver(): boolean {
    if (this.sinceMs() <= givesUpWithinMs) return false;
    return !this.#isSlow() || this.#pausesMs > givesUpWithinMs || this.sinceMs() > 60_000;
  }

  storm(): Pick<Teaching, 'because'> {
    return {
      because: `Each new worker dies at once and the next is started: ${this.count} in ${this.after()}, and no end. A fork storm takes the machine from everybody on it.`,
    };
  }
}
