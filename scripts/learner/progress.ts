import type { CheckResult, TargetResult } from '../../checks/harness/model/result.ts';
import type { Verdict } from '../../checks/harness/model/verdict.ts';

/** What one check of the learner's app came to. */
export interface Attempt {
  /** `held`: every behaviour holds, and the load run was left out. Only with its load run is a lesson passed. */
  verdict: Verdict | 'held';
  at: string;
  held: number;
  behaviours: number;
  /** Of an exam: the points it came to, in percent. */
  score?: number;
  /** Id of the first behaviour that failed, or "load", or after a pass of a further one. It chooses the hint. */
  failing?: string;
  /** Which code was judged (`nameOfSources`). Not in what earlier versions of the workshop wrote. */
  code?: string;
  /** The load run's figures, when there was one. */
  targets?: Pick<TargetResult, 'title' | 'measuredMs' | 'atMostMs'>[];
}

export interface LessonProgress {
  best?: Attempt;
  last?: Attempt;
  /** When its further behaviours, beyond a pass, all held for the first time: the ★. */
  star?: string;
  /** How many levels of each behaviour's hint have been shown. */
  hints?: Record<string, number>;
}

/** Everything that the workshop knows about a learner. One file, which can be copied to another machine. */
export interface Progress {
  version: typeof progressVersion;
  /** Folder of the lesson that the learner has chosen. Without it, it is the first that is not passed. */
  current?: string;
  /** By folder: "03-sessions". */
  lessons: Record<string, LessonProgress>;
}

/** Raised when a field changes its meaning. */
export const progressVersion = 1;

export const noProgress = (): Progress => ({ version: progressVersion, lessons: {} });

export const isPassed = (progress: Progress, folder: string): boolean =>
  progress.lessons[folder]?.best?.verdict === 'pass';

/** Enters a check's result: it becomes the last attempt, and the best one if it is. */
export function withResult(progress: Progress, result: CheckResult, loadWanted: boolean, code?: string): Progress {
  const before = progress.lessons[result.lesson] ?? {};
  const attempt = { ...attemptOf(result, loadWanted), ...(code ? { code } : {}) };
  const judged = attempt.verdict !== 'inconclusive';
  const best = judged && (!before.best || isBetter(attempt, before.best)) ? attempt : before.best;
  const star =
    before.star ?? (attempt.verdict === 'pass' && result.further.verdict === 'pass' ? attempt.at : undefined);
  const entered = { ...(best ? { best } : {}), ...(star ? { star } : {}), last: attempt };
  return withLesson(progress, result.lesson, { ...before, ...entered });
}

/** Remembers that `level` levels of the hint for a behaviour have been shown. */
export function withHint(progress: Progress, folder: string, behaviour: string, level: number): Progress {
  const before = progress.lessons[folder] ?? {};
  return withLesson(progress, folder, { ...before, hints: { ...before.hints, [behaviour]: level } });
}

function withLesson(progress: Progress, folder: string, lesson: LessonProgress): Progress {
  return { ...progress, lessons: { ...progress.lessons, [folder]: lesson } };
}

function attemptOf({ verdict, behaviours, further, load, score }: CheckResult, loadWanted: boolean): Attempt {
  const firstFailing = (some: typeof behaviours) => some.find(({ outcome }) => outcome === 'fail')?.id;
  const failing =
    firstFailing(behaviours.filter(({ part }) => !part)) ?? // A broken rule weighs more than a part.
    firstFailing(behaviours) ??
    (load?.outcome === 'fail' ? 'load' : undefined) ??
    firstFailing(further.behaviours);
  return {
    verdict: verdict === 'pass' && !loadWanted ? 'held' : verdict,
    at: new Date().toISOString(),
    held: behaviours.filter(({ outcome }) => outcome === 'pass').length,
    behaviours: behaviours.length,
    ...(score && score.of > 0 ? { score: Math.floor((100 * score.points) / score.of) } : {}),
    ...(failing ? { failing } : {}),
    ...(load
      ? { targets: load.targets.map(({ title, measuredMs, atMostMs }) => ({ title, measuredMs, atMostMs })) }
      : {}),
  };
}

/** A pass beats a fail, then more behaviours, then the figure that is nearest to its target. */
function isBetter(one: Attempt, other: Attempt): boolean {
  const rank = ({ verdict, held, score = 0, targets = [] }: Attempt) => [
    verdict === 'pass' ? 1 : 0,
    score,
    held,
    -Math.max(0, ...targets.map(({ measuredMs, atMostMs }) => measuredMs / atMostMs)),
  ];
  const others = rank(other);
  const differing = rank(one)
    .map((value, index) => value - (others[index] ?? 0))
    .find((difference) => difference !== 0);
  return differing === undefined || differing > 0;
}

/** Makes sense of what the first version of the workshop wrote: the last verdict of each lesson, and no version. */
export function fromFirstVersion(value: unknown): Progress | undefined {
  if (!isRecord(value) || 'version' in value || !Object.values(value).every(isAttempt)) return undefined;
  const attempts = Object.entries(value) as [string, Attempt][];
  const lessons = attempts.map(([folder, last]) => {
    return [folder, last.verdict === 'inconclusive' ? { last } : { best: last, last }] as const;
  });
  return { version: progressVersion, lessons: Object.fromEntries(lessons) };
}

/** Whether a value read from a file is what we wrote; anything else is kept aside. */
export function isProgress(value: unknown): value is Progress {
  if (!isRecord(value) || value.version !== progressVersion || !isRecord(value.lessons)) return false;
  if (value.current !== undefined && typeof value.current !== 'string') return false;
  return Object.values(value.lessons).every(
    (lesson) =>
      isRecord(lesson) &&
      [lesson.best, lesson.last].every((attempt) => attempt === undefined || isAttempt(attempt)) &&
      (lesson.star === undefined || typeof lesson.star === 'string') &&
      (lesson.hints === undefined ||
        (isRecord(lesson.hints) && Object.values(lesson.hints).every((level) => typeof level === 'number'))),
  );
}

function isAttempt(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const targetsFit =
    value.targets === undefined ||
    (Array.isArray(value.targets) &&
      value.targets.every(
        (target) => isRecord(target) && typeof target.measuredMs === 'number' && typeof target.atMostMs === 'number',
      ));
  return (
    ['pass', 'held', 'fail', 'inconclusive'].includes(String(value.verdict)) &&
    typeof value.at === 'string' &&
    typeof value.held === 'number' &&
    typeof value.behaviours === 'number' &&
    (value.score === undefined || typeof value.score === 'number') &&
    (value.failing === undefined || typeof value.failing === 'string') &&
    (value.code === undefined || typeof value.code === 'string') &&
    targetsFit
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
