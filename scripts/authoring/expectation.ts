import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import type { Failure } from '../../checks/harness/model/verdict.ts';
import { judgeExam } from './exam-expectation.ts';
import type { Subject } from './subjects.ts';
import type { Part } from './verify-jobs.ts';

/** What verify makes of one check. */
export interface Judgement {
  right: boolean;
  /** Something could not be judged. */
  undecided: boolean;
  /** A wrong turn that was caught, at another behaviour or with another sentence than it must be. */
  elsewhere?: boolean;
  expected: string;
  got: string;
}

/** Compares the result of a check with what its subject must get. */
export function judge(lesson: Lesson, subject: Subject, result: CheckResult, part: Part = 'whole'): Judgement {
  const behaviours = [...result.behaviours, ...result.further.behaviours];
  const failed = behaviours.filter((behaviour) => behaviour.outcome === 'fail').map((behaviour) => behaviour.id);
  const undecided = behaviours.filter((b) => b.outcome === 'inconclusive').map((b) => `${b.id}: ${b.reason}`);
  // The starter has failed before its load run, which is there for the margins only.
  if (result.load?.outcome === 'inconclusive' && subject.role !== 'starter')
    undecided.push(`load: ${result.load.reason}`);
  const loadFailed = result.load?.outcome === 'fail' ? ['load'] : [];
  const isUndecided = undecided.length > 0;
  if (lesson.exam && subject.role !== 'wrong-turn') return judgeExam(lesson, subject, result, { failed, undecided });
  const got = isUndecided
    ? `inconclusive ${undecided[0]}`
    : [...failed, ...loadFailed].join(' ') || (result.verdict === 'fail' ? 'nothing fails' : result.verdict);
  if (subject.role === 'starter') {
    const expected = [...lesson.starterFails].sort().join(' ');
    return {
      right: !isUndecided && result.verdict === 'fail' && [...failed].sort().join(' ') === expected,
      undecided: isUndecided,
      expected,
      got,
    };
  }
  if (subject.role === 'wrong-turn') {
    const { behaviour, message } = subject.expects;
    // A fault may cost other parts of an exam their points, too.
    const first = lesson.exam && failed.includes(behaviour) ? behaviour : (failed[0] ?? loadFailed[0]);
    const failure = behaviours.find((b) => b.outcome === 'fail' && b.id === first)?.failure ?? result.load?.failure;
    const said = failure ? sentences(failure) : '';
    const saysSo = said.includes(message);
    return {
      right: first === behaviour && saysSo,
      undecided: isUndecided,
      elsewhere: first !== undefined && !(first === behaviour && saysSo),
      expected: behaviour,
      got: first === behaviour && !saysSo ? `${first}, but says: ${said}` : got,
    };
  }
  const star = part === 'load' || result.further.behaviours.length === 0 || result.further.verdict === 'pass';
  return { right: result.verdict === 'pass' && star, undecided: isUndecided, expected: 'pass', got };
}

/** The sentences of all that failed, or could not be judged, and is not expected to: a line each, as `behaviour: because | seen …, expected …`. */
export function whatFailed(
  { behaviours, further, load }: CheckResult,
  expectedToFail: ReadonlySet<string> = new Set(),
): string[] {
  const parts = [...behaviours, ...further.behaviours, ...(load ? [{ ...load, id: 'load' }] : [])];
  return parts.flatMap(({ id, outcome, failure, reason }) => {
    if ((outcome !== 'fail' && outcome !== 'inconclusive') || expectedToFail.has(id)) return [];
    return [`${id}: ${failure ? sentences(failure) : (reason ?? '')}`];
  });
}

function sentences({ because, seen, expected, lookAt, trail }: Failure): string {
  return [
    because,
    `seen ${seen}, expected ${expected}`,
    lookAt,
    ...trail.map(({ what, answer = '' }) => `${what}\t${answer}`),
  ].join(' | ');
}

/** How far measured figures stay from their limits: for a right app limit ÷ figure, for the starter figure ÷ limit. */
export function margins(subject: Subject, result: CheckResult): string {
  const figures = [
    ...[...result.behaviours, ...result.further.behaviours].flatMap((behaviour) => behaviour.figures ?? []),
    ...(result.load?.figures ?? []),
    ...(result.load?.targets ?? []).map(({ title, measuredMs, atMostMs }) => ({
      title,
      measured: measuredMs,
      limit: atMostMs,
    })),
  ];
  const wrong = subject.role === 'starter';
  if (result.score && subject.role !== 'wrong-turn') return `${result.score.points} of ${result.score.of} points`;
  if (figures.length === 0 || subject.role === 'wrong-turn') return '';
  // Wrong answers are no matter of a margin: one would be too many.
  if (wrong && result.load?.failure && result.load.targets.every((target) => target.met))
    return result.load.failure.seen;
  // A starter need not miss every target, only one of them by far. A right app may have measured nothing at all.
  const ratios = figures.map(({ measured, limit }) =>
    wrong ? measured / limit : measured > 0 ? limit / measured : Infinity,
  );
  const value = wrong ? Math.max(...ratios) : Math.min(...ratios);
  if (wrong && value <= 1) return ''; // It fails by what has no measure.
  return `${times(value)} ${figures[ratios.indexOf(value)]?.title ?? ''}`;
}

function times(ratio: number): string {
  if (ratio >= 1_000) return 'over 999×';
  return `${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)}×`;
}
