/** A request of a client, by the clock of the check: the app has counted it at some moment between the two. */
export interface Try {
  sentAt: number;
  arrivedAt: number;
  passed: boolean;
}

export interface Rule {
  /** That may pass in any span of the window. */
  most: number;
  /** An app that approximates must let the next request pass if fewer than that have passed. */
  atLeast: number;
  windowMs: number;
}

/** Clocks tick in whole milliseconds, and are corrected. */
const clockMs = 5;
/** An app that approximates may look back further than the window by this share of it. */
const longerBy = 0.1;

/**
 * The most that can be shown to have passed within less than a window: all were sent after the first one was, and answered
 * before a window had gone by since then. A busy machine makes the intervals longer, so it can only hide some.
 */
export function mostInSpan(tries: readonly Try[], windowMs: number): { passed: number; withinMs: number } {
  const passed = tries.filter((one) => one.passed);
  let most = { passed: 0, withinMs: 0 };
  for (const { sentAt } of passed) {
    const span = passed.filter((one) => one.sentAt >= sentAt && one.arrivedAt < sentAt + windowMs - clockMs);
    const withinMs = Math.max(...span.map((one) => one.arrivedAt)) - sentAt;
    if (span.length > most.passed) most = { passed: span.length, withinMs };
  }
  return most;
}

/** How many that passed are in the window of this one, itself included, whenever exactly the app has counted them. */
export function inWindowOf(last: Try, tries: readonly Try[], windowMs: number): { least: number; most: number } {
  const before = tries.filter((one) => one.passed && one.sentAt <= last.sentAt);
  const from = last.sentAt - windowMs * (1 + longerBy) - clockMs;
  return {
    least: before.filter((one) => one.sentAt > last.arrivedAt - windowMs + clockMs).length,
    most: before.filter((one) => one.arrivedAt > from).length,
  };
}

/** A refused request before which too few can have passed, whenever exactly the app has counted them. */
export function wronglyRefused(
  tries: readonly Try[],
  { atLeast, windowMs }: Rule,
): { at: Try; counted: number } | undefined {
  for (const refused of tries) {
    if (refused.passed) continue;
    const from = refused.sentAt - windowMs * (1 + longerBy) - clockMs;
    const counted = tries.filter((one) => one.passed && one.arrivedAt > from && one.sentAt < refused.arrivedAt).length;
    if (counted < atLeast) return { at: refused, counted };
  }
  return undefined;
}
