import type { BehaviourResult, LoadResult, Score } from './result.ts';
import type { Verdict } from './verdict.ts';

/** Whole points: none is given for nothing, and not all for less than all. @param share 0 to 1 */
export function pointsFor(share: number, of: number): number {
  if (share >= 1) return of;
  return Math.max(0, Math.min(of - 1, Math.floor(share * of + 1e-9)));
}

/** Adds up the parts that were judged, or could have been. */
export function scoreOf(behaviours: readonly BehaviourResult[], passAt: number): Score {
  const score: Score = { points: 0, open: 0, of: 0, passAt };
  for (const { part, outcome, fix } of behaviours) {
    if (!part || outcome === 'not-run' || (outcome === 'skipped' && !fix)) continue;
    score.of += part.of;
    if (outcome === 'inconclusive' || outcome === 'skipped') score.open += part.of;
    else score.points += part.points;
  }
  return score;
}

/**
 * The verdict on an exam. A broken rule fails whatever the points. What could not be judged leaves the verdict open only where
 * it could still change it.
 */
export function examVerdict(
  behaviours: readonly BehaviourResult[],
  load: LoadResult | undefined,
  { points, open, of, passAt }: Score,
): Verdict {
  const others = behaviours.filter(({ part }) => !part); // The rules, that the app starts, and that the check itself runs.
  if (others.some(({ outcome }) => outcome === 'fail') || load?.outcome === 'fail') return 'fail';
  const isOpen = others.some(({ outcome }) => outcome === 'inconclusive') || load?.outcome === 'inconclusive';
  const isJudged = behaviours.some(({ part, rule, outcome }) => (part || rule) && outcome !== 'not-run');
  if (!isJudged) return isOpen ? 'inconclusive' : 'fail';
  const reaches = (some: number) => some * 100 >= passAt * of;
  if (!reaches(points + open)) return 'fail';
  return isOpen || !reaches(points) ? 'inconclusive' : 'pass';
}
