import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import type { Subject } from './subjects.ts';

/** In percent of the points. Both are far from what passes, so that no part decides it alone. */
const mostOfStarter = 35;
const leastOfRight = 95;

/** Compares what an exam came to with what its starter, or a right app, must get. */
export function judgeExam(
  { starterFails }: Lesson,
  { role }: Subject,
  { verdict, score }: CheckResult,
  { failed, undecided }: { failed: string[]; undecided: string[] },
): { right: boolean; undecided: boolean; expected: string; got: string } {
  const percent = score && score.of > 0 ? (100 * score.points) / score.of : undefined;
  const isUndecided = undecided.length > 0;
  const told = isUndecided ? `inconclusive ${undecided[0]}` : verdict;
  const got = `${told}, ${score?.points} of ${score?.of} points${failed.length > 0 ? `: ${failed.join(' ')}` : ''}`;
  if (role === 'starter') {
    const held = starterFails.filter((id) => !failed.includes(id));
    const right = !isUndecided && verdict === 'fail' && percent !== undefined && percent < mostOfStarter;
    const expected = `under ${mostOfStarter} points`;
    return held.length === 0
      ? { right, undecided: isUndecided, expected, got }
      : { right: false, undecided: isUndecided, expected: `${held.join(' ')} fail`, got };
  }
  const right = verdict === 'pass' && percent !== undefined && percent >= leastOfRight;
  return { right, undecided: isUndecided, expected: `${leastOfRight} points`, got };
}
