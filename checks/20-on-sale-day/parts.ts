import { disturbs, type ExamDefinition, type MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { type Asked, isUnanswered } from './ask.ts';
import type { Minute } from './minute.ts';

export type Part = ExamDefinition<Minute>['part'];

/** One of the things that a part consists of. */
export interface Finding {
  /** What of the part's points it is worth; all of a part's are 1 together. */
  worth: number;
  /** 0 to 1. */
  share: number;
  /** Said if the share is below 1: "38 of 120 requests with a session were 401". */
  seen: string;
  /** What holds, if it does. */
  good: string;
  because?: string;
  lookAt?: string;
  /** A machine that others keep busy may cost it, too. */
  timed?: boolean;
}

/**
 * Adds up what a part consists of. Said is what cost most of its points. Where that could be the work of other programs alone,
 * the part is not judged.
 */
export function conclude(t: Stage, { otherCoresBusy }: Minute, findings: readonly Finding[]): void {
  const share = findings.reduce((sum, finding) => sum + finding.worth * finding.share, 0);
  const bad = findings
    .filter((finding) => finding.share < 1)
    .sort((one, other) => other.worth * (1 - other.share) - one.worth * (1 - one.share));
  const [worst] = bad;
  if (!worst) {
    t.score(1, findings.map(({ good }) => good).join('; '));
    return;
  }
  if (otherCoresBusy !== undefined && disturbs(otherCoresBusy) && bad.every(({ timed }) => timed))
    t.inconclusive(`${worst.seen}, on a machine on which other programs kept ${otherCoresBusy.toFixed(1)} cores busy`);
  const { because, lookAt } = worst;
  t.score(Math.min(share, 0.999), bad.map(({ seen }) => seen).join('; '), {
    expected: findings.map(({ good }) => good).join('; '),
    ...(because ? { because } : {}),
    ...(lookAt ? { lookAt } : {}),
  });
}

/** For a part that takes times of its own: other programs may be at work now that were not in the minute. */
export function withOthersOf(minute: Minute, watch: MachineWatch): Minute {
  const now = watch.otherCoresBusy();
  return now === undefined ? minute : { ...minute, otherCoresBusy: Math.max(now, minute.otherCoresBusy ?? 0) };
}

/** Whether a request was under way between two moments. */
export const isWithin = ({ at, ms }: Asked, { from, to }: { from: number; to: number }, graceMs = 0) =>
  at + ms >= from && at <= to + graceMs;

/** 1 for none, less for some, 0 for `most` of them or more. */
export const shareOfFew = (count: number, most: number) => Math.max(0, 1 - count / most);

/** "12 × 502, 3 × no answer". */
export function kindsOf(answers: readonly Asked[]): string {
  const counts = new Map<string, number>();
  for (const answer of answers) {
    const kind = isUnanswered(answer)
      ? (answer.broken ?? (answer.status ? 'no instance was ready' : 'no answer'))
      : String(answer.status);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .slice(0, 3)
    .map(([kind, count]) => `${count} × ${kind}`)
    .join(', ');
}
