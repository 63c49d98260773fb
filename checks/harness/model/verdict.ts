import type { Step } from './trail.ts';
import { visible } from './visible.ts';

/** The three verdicts on a lesson. The default is fail: what could not run never passes. */
export type Verdict = 'pass' | 'fail' | 'inconclusive';

/** `skipped`: not judged, with the reason said. `not-run`: an earlier behaviour failed. */
export type Outcome = Verdict | 'skipped' | 'not-run';

/** What kind of failure it is. Everything but `behaviour` and `target` is about the app as a process. */
export type FailureKind =
  | 'behaviour'
  | 'target'
  | 'never-listened'
  | 'wrong-port'
  | 'migration-failed'
  | 'exited-early'
  | 'hangs'
  | 'crashed'
  | 'ignored-sigterm'
  | 'left-children';

/** The sentences that teach, given once for a behaviour and overridden where a failure has a more exact one. */
export interface Teaching {
  /** Why it went wrong, in one sentence: "The session lives in the memory of the process that created it." */
  because: string;
  /** Where to look: "where does src/app.ts keep its sessions?" */
  lookAt: string;
}

/** Why a behaviour does not hold, complete enough to print. */
export interface Failure extends Teaching {
  kind: FailureKind;
  /** What was done; the last step is where it went wrong. */
  trail: Step[];
  expected: string;
  seen: string;
  /** The app's own last output lines, where they explain the failure. */
  appOutput?: string[];
}

/** Thrown inside a behaviour when the app is wrong. */
export class BehaviourFailure extends Error {
  static {
    BehaviourFailure.prototype.name = 'BehaviourFailure'; // It is told by its name where it has come as text.
  }
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(`expected ${failure.expected}, seen ${failure.seen}`);
    this.failure = failure;
  }
}

/** A failure as it is printed and passed on: values that look alike can be told apart. */
export function legible(failure: Failure): Failure {
  const { trail, expected, seen } = failure;
  return { ...failure, trail: trail.map(visibleStep), expected: visible(expected), seen: visible(seen) };
}

function visibleStep({ what, answer }: Step): Step {
  return { what: visible(what), ...(answer === undefined ? {} : { answer: visible(answer) }) };
}

/** Thrown when the evidence is missing or the workshop itself failed: nobody is blamed. */
export class Inconclusive extends Error {
  /** What to do about it: "npm run doctor". */
  readonly fix: string;
  constructor(reason: string, fix: string) {
    super(reason);
    this.fix = fix;
  }
}

/**
 * Thrown when a behaviour can't be judged here. With `fix`, something would make it judgeable, so the lesson's verdict
 * waits for it (inconclusive). Without, it does not apply to this machine, and the lesson can pass.
 */
export class Skipped extends Error {
  readonly fix: string | undefined;
  constructor(reason: string, fix?: string) {
    super(reason);
    this.fix = fix;
  }
}
