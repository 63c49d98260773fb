import type { Answer, Stage, Teaching } from '../harness/sdk/index.ts';

/** Fails the behaviour at the first difference between an answer and the starter's. */
export function mustBeTheSame(
  t: Stage,
  answer: Pick<Answer, 'text' | 'headers'>,
  expected: string,
  teaching: Partial<Teaching> = {},
): void {
  const seen = answer.text;
  const type = answer.headers['content-type'] ?? 'none';
  t.require(/^application\/json\b/i.test(type), {
    expected: 'content-type application/json',
    seen: type,
    because: 'Clients read an answer by its type. To them this one is a text, not JSON.',
    lookAt: 'res.json sets the type; what sends this answer, and what does it say that it is?',
  });
  if (seen === expected) return;
  const [given, wanted] = [eventsIn(seen), eventsIn(expected)];
  if (given && wanted && given.length !== wanted.length)
    t.require(false, {
      expected: `${wanted.length} events`,
      seen: `${given.length}`,
      because:
        wanted.length === 0
          ? 'No city has exactly this name, so nothing is to be listed. Upper case, lower case and spaces count.'
          : 'The number of events differs. A listing with fewer events is not faster: it is another product.',
      lookAt: 'which events does the starter list for a city?',
    });
  let at = 0;
  while (seen[at] === expected[at]) at++;
  // From the beginning of the value or a little before it, so that it can be found.
  const from = Math.max(0, at - 24);
  const excerpt = (text: string) => visible(JSON.stringify(text.slice(from, at + 24)).slice(1, -1));
  t.require(false, {
    ...teaching,
    expected: `…${excerpt(expected)}…`,
    seen: `…${excerpt(seen)}…, from byte ${Buffer.byteLength(seen.slice(0, at))} on`,
  });
}

/** Spaces that look like others, such as the no-break one before a euro sign, are written as escapes. */
function visible(text: string): string {
  return text.replace(
    /[^\S ]|[\u200b-\u200f\u2060\ufeff]/g,
    (space) => `\\u${space.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
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
