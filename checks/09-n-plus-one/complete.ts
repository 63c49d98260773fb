import type { CheckDefinition } from '../harness/sdk/index.ts';
import { cutShort, eventsIn, type Listed, mustShow, read, truePage } from './truth.ts';

/** An event that lacks one thing and nothing else. Not one at midnight, which has traps of its own. */
const lacking = [
  ['has no venue yet', 'venue_id IS NULL AND artists > 0 AND cheapest > 0'],
  ['has no artists yet', 'venue_id IS NOT NULL AND artists = 0 AND cheapest > 0'],
  ['has no prices yet', 'venue_id IS NOT NULL AND artists > 0 AND cheapest IS NULL'],
  ['has free seats', 'venue_id IS NOT NULL AND artists > 0 AND cheapest = 0'],
] as const;

export function completeBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'complete',
    'events without a venue, artists or prices still show',
    {
      because: 'An inner join drops an event that has no row in the other table.',
      lookAt: 'which of the tables must have a row for an event to show?',
    },
    async (t) => {
      for (const [what, condition] of lacking) {
        const [event] = await t.postgres.query<{ id: number; day: string }>(
          `SELECT id, to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day FROM (
             SELECT e.*, (SELECT count(*) FROM event_artists l WHERE l.event_id = e.id) AS artists,
               (SELECT min(price_cents) FROM prices p WHERE p.event_id = e.id) AS cheapest FROM events e
           ) AS counted WHERE ${condition}
           ORDER BY starts_at AT TIME ZONE 'UTC' = date_trunc('day', starts_at AT TIME ZONE 'UTC'), id LIMIT 1`,
        );
        if (!event) return t.inconclusive(`the database has no event that ${what}`, 'delete .workshop/postgres');
        const path = `/events?from=${event.day}&limit=6`;
        t.trail.begin();
        const expected = await truePage(t, { from: event.day, limit: 6 });
        const answer = await read(t, path);
        const shown = eventsIn(t, answer);
        // Events that are right and in order, but for some left out. Anything else has another cause, which mustShow names.
        const followers = (await truePage(t, { from: event.day, limit: 40 })).map(({ id }) => id);
        const onlyLeftOut = shown.length > 0 && isPartOf(shown, followers) && !cutShort(shown, expected);
        const lost = onlyLeftOut ? expected.find(({ id }) => !shown.some((other) => other.id === id)) : undefined;
        const lacks = lost && whatLacks(lost);
        t.require(!lacks, {
          expected: `event ${lost?.id}, which ${lacks}`,
          seen: `a list without it: ${shown.map(({ id }) => id).join(', ')}`,
          because: `Event ${lost?.id} ${lacks}, and the list has lost it. An inner join drops an event that has no row in the other table.`,
        });
        mustShow(t, answer, expected);
      }
    },
    { limitMs: 60_000 },
  );
}

function whatLacks({ venue, artists, fromCents }: Listed): string | undefined {
  if (venue === null) return 'has no venue yet';
  if (artists.length === 0) return 'has no artists yet';
  return fromCents === null ? 'has no prices yet' : undefined;
}

/** Whether the events are among these, in this order. */
function isPartOf(shown: readonly { id: number }[], ids: readonly number[]): boolean {
  const places = shown.map(({ id }) => ids.indexOf(id));
  return places.every((place, index) => place >= 0 && (index === 0 || place > (places[index - 1] ?? 0)));
}
