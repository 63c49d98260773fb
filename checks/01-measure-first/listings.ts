import type { Stage, Teaching } from '../harness/sdk/index.ts';

/** Fails the behaviour at the first difference between an answer and the starter's. */
export function mustBeTheSame(t: Stage, seen: string, expected: string, teaching: Partial<Teaching> = {}): void {
  if (seen === expected) return;
  const [given, wanted] = [eventsIn(seen), eventsIn(expected)];
  const readable = given !== undefined && wanted !== undefined;
  t.require(!readable || given.length === wanted.length, {
    expected: `${wanted?.length} events`,
    seen: `${given?.length}`,
    because: 'Events are missing or too many. Listing fewer is another product, not a faster one.',
    lookAt: 'which events does the starter list for a city?',
  });
  let at = 0;
  while (seen[at] === expected[at]) at++;
  // From the beginning of the value or a little before it, so that it can be found.
  const from = Math.max(0, at - 24);
  const excerpt = (text: string) => JSON.stringify(text.slice(from, at + 24)).slice(1, -1);
  t.require(false, {
    ...teaching,
    expected: `…${excerpt(expected)}…`,
    seen: `…${excerpt(seen)}…, from byte ${Buffer.byteLength(seen.slice(0, at))} on`,
  });
}

/** The prices of one event in a listing, as text to compare. */
export function pricesOf(listing: { events?: { id: number; prices: unknown }[] } | undefined, id: number): string {
  return JSON.stringify(listing?.events?.find?.((event) => event.id === id)?.prices) ?? 'none';
}

function eventsIn(text: string): unknown[] | undefined {
  try {
    const { events } = JSON.parse(text) as { events?: unknown };
    return Array.isArray(events) ? events : undefined;
  } catch {
    return undefined;
  }
}
