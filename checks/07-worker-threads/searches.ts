import {
  type Answer,
  BehaviourFailure,
  disturbs,
  type Instance,
  MachineWatch,
  type Stage,
} from '../harness/sdk/index.ts';
import { bestSeats } from './reference.ts';
import { isStill } from './stillness.ts';

/** How many searches may wait, by the contract of the lesson. */
export const mostWaiting = 32;
export const largestParty = 8;

/** How many threads or processes may search, by the contract: what a pool takes that doesn't grow with the requests. */
export function mostThreads(t: Stage): number {
  return Math.max(t.cores + 1, Math.ceil(1.5 * t.cores));
}

/** Longer than any queue of 32 searches takes on a slow laptop. */
export const patienceMs = 30_000;

/** For what a starved machine only makes late. */
export const soon = { deadlineMs: 15_000 };

export function searchPath(venue: number | string, party: number): string {
  return `/venues/${venue}/best-seats?party=${party}`;
}

/** A different hall each time, so that no answer can come from a cache. Never the broken one, 13. */
export function freshHalls(from = 14): () => number {
  const usable = 387; // 14 to 400
  let next = from - 14;
  return () => 14 + (next++ % usable);
}

const costs = new Map<number, number>();

/** CPU milliseconds that one search costs on this machine: the median of three, in this process. */
export function searchCostMs(party: number): number {
  const known = costs.get(party);
  if (known !== undefined) return known;
  const halls = freshHalls(390);
  const runs = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage();
    bestSeats(halls(), party);
    const used = process.cpuUsage(before);
    return (used.user + used.system) / 1000;
  });
  const median = runs.sort((a, b) => a - b)[1] as number;
  costs.set(party, median);
  return median;
}

/** The same, by the number of people that a search counts through: measuring it for many takes seconds. */
export function estimatedCostMs(party: number): number {
  return (searchCostMs(2) * (party + 1)) / 3;
}

/** The largest party whose search costs no more than that on this machine; two when none does. */
export function partyFor(mostMs: number): number {
  let party = largestParty;
  while (party > 2 && estimatedCostMs(party) > mostMs) party--;
  return party;
}

interface CrowdOptions {
  deadlineMs?: number;
  /** Another process than the first. */
  at?: Instance;
}

/** Requests sent at once, each by a visitor of its own. What comes of them is collected, so that none goes unhandled. */
export class Crowd {
  readonly answers: Answer[] = [];
  readonly errors: unknown[] = [];
  /** Requests that nothing has come of yet. */
  open = 0;
  readonly #door = new AbortController();
  readonly #all: Promise<void>[] = [];
  readonly #watch = new MachineWatch();
  readonly #stage: Stage;
  readonly #options: CrowdOptions;

  constructor(t: Stage, paths: readonly string[], options: CrowdOptions = {}) {
    this.#stage = t;
    this.#options = options;
    this.add(paths);
  }

  /** More of them come, all at once. */
  add(paths: readonly string[]): void {
    this.open += paths.length;
    this.#all.push(...paths.map((path) => this.#ask(path)));
  }

  async #ask(path: string): Promise<void> {
    const { deadlineMs = patienceMs, at } = this.#options;
    try {
      const visitor = this.#stage.visitor(at ? { at } : {});
      this.answers.push(await visitor.get(path, { signal: this.#door.signal, deadlineMs }));
    } catch (error) {
      this.errors.push(error);
    } finally {
      this.open--;
    }
  }

  /** When something has come of every request, of whatever kind. */
  get settled(): Promise<unknown> {
    return Promise.all(this.#all);
  }

  /** Every client goes away. */
  async leave(): Promise<void> {
    this.#door.abort(new Error('the client went away'));
    await this.settled;
  }

  /** All answers, or the first failure. On a machine that others keep busy, an answer that is only late is none. */
  async everyAnswer(): Promise<Answer[]> {
    await this.settled;
    const [error] = this.errors;
    if (error instanceof BehaviourFailure && error.failure.kind === 'hangs' && disturbs(this.#watch.otherCoresBusy()))
      this.#stage.inconclusive('the machine was too busy to answer every search');
    if (error) throw error;
    return this.answers;
  }

  /** How many answers had this status. */
  count(status: number): number {
    return this.answers.filter((answer) => answer.status === status).length;
  }
}

/** A broken app must not spoil the next behaviour. What it broke has been told already, so the trail stays as it is. */
export async function startAnew(t: Stage): Promise<void> {
  await t.restart(1);
  t.trail.dropLast();
}

/**
 * After clients have left while the app searched for them. Whether it goes on then is judged by `gone`: one that does not is
 * started anew, or the behaviours between would give other reasons for it.
 */
export async function goesOnOrAnew(t: Stage, path: string): Promise<void> {
  const before = t.trail.length;
  const crowd = new Crowd(t, [path]);
  const stalls = await isStill(t.app(1), () => crowd.open === 0);
  await crowd.leave();
  if (stalls) await startAnew(t);
  t.trail.retell(before);
}
