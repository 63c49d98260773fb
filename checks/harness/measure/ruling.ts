/** What one turn of work cost in the windows of a block, in milliseconds of CPU. */
export interface Block {
  /** Each beside the solution's of the same place: a pair, which votes. */
  learner: readonly [number, number];
  solution: readonly [number, number];
  starter: number;
}

/** What the blocks so far say. */
export type Ruling =
  | { state: 'undecided' }
  | { state: 'within' | 'beyond'; learnerOfStarter: number; limitOfStarter: number; solutionOfStarter: number }
  | { state: 'inconclusive'; reason: string };

/** Votes that one side must be ahead by. */
const decisiveLead = 4;
/** After so many pairs without that, nobody is judged. */
const mostPairs = 16;
/** How many times dearer one of two windows of the same app may be, whatever is measured. */
const sameWithin = 1.25;
/** Below this gain there is nothing to tell apart, whatever was measured. */
const leastGain = 1.8;

/**
 * Judges an app's cost from what it, our solution and the starter cost side by side. Neighbouring windows are compared, so that a
 * machine that becomes slower meanwhile bends nothing. How much our solution differs from itself tells how far the measuring is
 * to be trusted: an app that is four times from the limit is judged on a machine where the same work costs up to twice as much a
 * second later, one that is close to it is not.
 * @param limitOfStarter the share of the starter's cost that is allowed. Without it, half-way between the starter and the
 * solution: as many times dearer than the one as it is cheaper than the other.
 */
export function ruleOn(blocks: readonly Block[], limitOfStarter?: number): Ruling {
  const gain = median(blocks.map(({ starter }) => starter)) / median(blocks.flatMap(({ solution }) => solution));
  const limit = limitOfStarter ?? 1 / Math.sqrt(gain);
  const shares = blocks.flatMap(({ learner, solution }) => [
    learner[0] / solution[0] / gain,
    learner[1] / solution[1] / gain,
  ]);
  const within = shares.filter((share) => share <= limit).length;
  const lead = within - (shares.length - within);
  const same = median(blocks.map(({ solution }) => solution[1] / solution[0]));
  const alike = apart(same, 1) <= Math.max(sameWithin, Math.sqrt(apart(median(shares), limit)));
  if (Math.abs(lead) >= decisiveLead && alike && gain >= leastGain)
    return {
      state: lead > 0 ? 'within' : 'beyond',
      learnerOfStarter: median(shares),
      limitOfStarter: limit,
      solutionOfStarter: 1 / gain,
    };
  if (shares.length < mostPairs) return { state: 'undecided' };
  if (!alike)
    return { state: 'inconclusive', reason: `our solution, compared with itself, came to ${same.toFixed(2)} times` };
  if (gain < leastGain)
    return { state: 'inconclusive', reason: `the starter cost only ${gain.toFixed(1)} times what our solution did` };
  return { state: 'inconclusive', reason: `${within} of ${shares.length} measurements were within the limit` };
}

/** How many times the one is the other, whichever is greater. */
function apart(one: number, other: number): number {
  return Math.max(one / other, other / one);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2;
}
