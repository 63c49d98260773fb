import { setTimeout as delay } from 'node:timers/promises';
import { watchOthers } from '../measure/machine.ts';
import type { Figure } from '../model/result.ts';
import { type Step, Trail } from '../model/trail.ts';
import { BehaviourFailure, Inconclusive, Skipped, type Teaching } from '../model/verdict.ts';

interface Requirement extends Partial<Teaching> {
  /** What was done, if the trail does not say it. */
  step?: string | Step;
  expected: string;
  seen: string;
}

/** So many times its limit, or so much longer, is what a machine that others keep busy may make of a wait. */
const busyStretch = 3;
const busyMostMs = 10_000;
/** From how long before the limit the machine is watched: looking costs CPU time. */
const watchedMs = 1_000;

/** How a behaviour comes to its outcome: what was done, what was measured, and what ends it. */
export class Judging {
  readonly trail = new Trail();
  readonly figures: Figure[] = [];
  /** What a part of an exam has earned, if it has said so. */
  earned: { share: number; seen: string } | undefined;
  protected readonly teaching: Teaching;

  constructor(teaching: Teaching) {
    this.teaching = teaching;
  }

  /** Adds to what the failure will print as done. */
  step(what: string, answer?: string): void {
    this.trail.add(what, answer);
  }

  /** Fails the behaviour unless the condition holds. */
  require(condition: unknown, { step, expected, seen, ...teaching }: Requirement): void {
    if (condition) return;
    if (typeof step === 'string') this.trail.add(step);
    else if (step) this.trail.add(step.what, step.answer);
    throw new BehaviourFailure({
      kind: 'behaviour',
      trail: this.trail.steps,
      expected,
      seen,
      ...this.teaching,
      ...teaching,
    });
  }

  /** Records a figure with its limit, from which verify takes the margins, and fails the behaviour when it is exceeded. */
  atMost(title: string, measured: number, limit: number, unit: string, teaching: Partial<Teaching> = {}): void {
    const rounded = Math.round(measured * 10) / 10;
    // A share of 0.15 and one of 0.24 are far apart, and 0.2 to whoever reads it.
    this.figures.push({ title, measured: Math.round(measured * 1_000) / 1_000, limit, unit });
    this.require(measured <= limit, {
      ...teaching,
      expected: `${title} at most ${limit} ${unit}`,
      seen: `${rounded} ${unit}`,
    });
  }

  /**
   * Ends a part of an exam that need not earn all of its points or none.
   * @param share of its points, 0 to 1.
   * @param seen in a sentence.
   */
  score(share: number, seen: string, { expected = 'all of it', ...teaching }: Partial<Requirement> = {}): void {
    this.earned = { share, seen };
    this.require(share >= 1, { ...teaching, expected, seen });
  }

  /**
   * Asks again and again until the answer is neither undefined nor false: to the deadline, or up to three times as long, and
   * ten seconds longer at most, where other programs keep the machine busy.
   * @param watchMachine begins to watch; what it returns says whether others have kept it busy since.
   */
  async until<T>(
    what: string,
    ask: () => T | undefined | false | Promise<T | undefined | false>,
    { deadlineMs = 5_000, watchMachine = watchOthers } = {},
  ): Promise<T> {
    const startedAt = performance.now();
    const latestMs = Math.min(busyStretch * deadlineMs, deadlineMs + busyMostMs);
    let isBusy: (() => boolean) | undefined;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      const waitedMs = performance.now() - startedAt;
      if (waitedMs >= deadlineMs - watchedMs) isBusy ??= watchMachine();
      const mayWait = waitedMs < deadlineMs || (waitedMs < latestMs && isBusy?.());
      const limitMs = waitedMs < latestMs ? deadlineMs : latestMs;
      this.require(mayWait, { expected: what, seen: `not within ${(limitMs / 1000).toFixed(1)} s` });
      await delay(waitedMs < deadlineMs ? 20 : 100);
    }
  }

  skip(reason: string, fix?: string): never {
    throw new Skipped(reason, fix);
  }

  inconclusive(reason: string, fix = 'close other programs and check again'): never {
    throw new Inconclusive(reason, fix);
  }
}
