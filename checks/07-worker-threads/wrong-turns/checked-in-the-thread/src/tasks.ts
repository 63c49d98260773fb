import { type BestSeats, bestSeats } from './best-seats.ts';
import { findVenue } from './venues.ts';

// What the threads of the pool can do. Numbers go in, a small object comes out: both are copied between threads.

export { fibonacci } from './fibonacci.ts';

export function seatsForParty({ venueId, party }: { venueId: number; party: number }): BestSeats {
  if (!Number.isInteger(party) || party < 2 || party > 8)
    throw new RangeError('party must be a whole number from 2 to 8');
  const venue = findVenue(venueId);
  if (!venue) throw new Error(`no venue ${venueId}`);
  return bestSeats(venue, party);
}
