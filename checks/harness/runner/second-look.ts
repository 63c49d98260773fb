import type { BehaviourResult } from '../model/result.ts';
import { BehaviourFailure } from '../model/verdict.ts';

/**
 * A busy machine can make a right app late, and a check take it for a wrong one. So what has failed there is judged once
 * more, with a fresh app and fresh services. A fault is there again, and the first failure stands. What holds the second time
 * is no failure, and no pass either: a race in a wrong app may be won by chance.
 * @param judgeAnew judges the behaviour, and nothing else, in an environment of its own.
 */
export async function secondLook(
  first: BehaviourResult,
  judgeAnew: () => Promise<BehaviourResult>,
): Promise<BehaviourResult> {
  // Whether an app has ended, or listens, is no matter of who was busy, and a hang has had four times its limit.
  if (first.outcome !== 'fail' || first.failure?.kind !== 'behaviour') return first;
  const { id, title, failure } = first;
  const second = await judgeAnew().catch((error: unknown): BehaviourResult => {
    // Where the app does not start anew, nothing speaks against what was seen; where a service does not, nobody has looked.
    if (error instanceof BehaviourFailure) return first;
    return { id, title, outcome: 'inconclusive', elapsedMs: 0, reason: String((error as Error).message ?? error) };
  });
  if (second.outcome === 'fail') return first;
  const then = second.outcome === 'pass' ? 'held the second time' : `was not judged the second time: ${second.reason}`;
  return {
    id,
    title,
    outcome: 'inconclusive',
    elapsedMs: first.elapsedMs + second.elapsedMs,
    reason: `other programs kept the machine busy, and it failed once (expected ${failure.expected}, seen ${failure.seen}) and ${then}`,
    fix: 'close other programs, or wait until they have finished, and check again',
  };
}
