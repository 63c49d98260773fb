/** So many times its limit is what a machine that others keep busy may make of an answer. */
const busyStretch = 3;
/** How often a busy machine is looked at, and from how long before the limit. */
const lookEveryMs = 1_000;

/** How long an answer is waited for. */
export interface Patience {
  limitMs: number;
  /** Begins to watch the machine. What it returns says whether others have kept it busy since. Without it the limit is exact. */
  watchMachine?: (() => () => boolean) | undefined;
}

/**
 * Calls `onEnd`, with the milliseconds that it took, in whole steps, when the limit is over, or up to three times as late
 * where other programs keep the machine busy. Calling what it returns ends the wait.
 */
export function endsAfter({ limitMs, watchMachine }: Patience, onEnd: (ms: number) => void): () => void {
  const stepMs = Math.min(lookEveryMs, limitMs);
  let waitedMs = limitMs;
  let isBusy: (() => boolean) | undefined;
  let timer: NodeJS.Timeout;
  const look = () => {
    // Looking costs a few milliseconds of CPU, so nobody looks while answers come in time.
    if (watchMachine && !isBusy) isBusy = watchMachine();
    else if (waitedMs >= busyStretch * limitMs || !isBusy?.()) return onEnd(waitedMs);
    else waitedMs += stepMs;
    timer = setTimeout(look, stepMs);
  };
  timer = setTimeout(look, watchMachine ? limitMs - stepMs : limitMs);
  return () => clearTimeout(timer);
}
