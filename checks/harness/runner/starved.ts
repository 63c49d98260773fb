import type { LoopGaps } from '../measure/loop-gaps.ts';
import { type BehaviourFailure, Inconclusive } from '../model/verdict.ts';
import type { Evidence } from '../net/answer.ts';
import { noneIsReady } from '../net/readiness.ts';

/** An app gives Redis a second or so to answer. Half of it is gone when the check's proxy keeps a reply that long. */
const longestStillMs = 500;
/** What the app had asked for before the request may still have been under way when it came. */
const beforeMs = 1_000;

/**
 * A 503 that nobody wanted says that a service did not answer in time. The check's own process stands between the app and
 * its services: when that stood still for as long, the app may be right. So may one that has waited for as long on a machine
 * that others keep busy.
 * @param isBusy whether other programs kept the machine busy meanwhile.
 * @returns what to say in place of the failure, or undefined when there is no such excuse.
 */
export function starvedInstead(
  failure: BehaviourFailure,
  { refused }: Evidence,
  gaps: Pick<LoopGaps, 'longestMs'>,
  isBusy: boolean,
): Inconclusive | undefined {
  if (refused?.answer.status !== 503 || failure.failure.kind !== 'behaviour') return undefined;
  const { request, sentAt, arrivedAt, ms, text } = refused.answer;
  const stillMs = gaps.longestMs(sentAt - beforeMs, arrivedAt);
  const inSeconds = (time: number) => (time / 1_000).toFixed(1);
  const excuse =
    stillMs >= longestStillMs
      ? `the check, through which it talks to its services, stood still for ${inSeconds(stillMs)} s meanwhile`
      : isBusy && ms >= longestStillMs
        ? `that took ${inSeconds(ms)} s on a machine that other programs kept busy`
        : undefined;
  if (!excuse) return undefined;
  return new Inconclusive(
    `${text === noneIsReady ? `no instance was ready for ${request}` : `the app answered 503 to ${request}`}, and ${excuse}`,
    'close other programs, or wait until they have finished, and check again',
  );
}
