import type { Stage, Visitor } from '../harness/sdk/index.ts';
import { eventId, listingPath, type Reference } from './cities.ts';
import { mustBeTheSame } from './listings.ts';

/** The first by id, and one of the first by date: a listing that is put together piece by piece has them early. */
const early = [0, 64];

/**
 * Prices change while the city is being listed. What those listings say is open; the one after them has the new prices.
 * Several at a time, so that an app that yields between two pieces has one half done when the change comes.
 */
export async function changedWhileListed(t: Stage, visitor: Visitor, reference: Reference): Promise<void> {
  const city = 'Dublin';
  const listings = Array.from({ length: 4 }, () => visitor.get(listingPath(city), { deadlineMs: 20_000 }));
  const changes = early.map((n) => visitor.put(`/events/${eventId(city, n)}/price`, { cents: 5_555 }));
  for (const answer of await Promise.all([...listings, ...changes])) answer.mustBe(200);
  const answer = (await visitor.get(listingPath(city), { deadlineMs: 20_000 })).mustBe(200);
  for (const n of early) await reference.changePrice(`/events/${eventId(city, n)}/price`, 5_555);
  t.trail.begin(`4 × GET ${listingPath(city)} and 2 × PUT at the same time, then GET`);
  mustBeTheSame(t, answer, await reference.listing(city), {
    because:
      'A price changed while the city was being listed, and the next listing still has the old one. What is kept was made from the old price, and it was kept after the change.',
    lookAt: 'what is under way when a price changes, and what does it keep when it is done?',
  });
  t.trail.begin();
}
