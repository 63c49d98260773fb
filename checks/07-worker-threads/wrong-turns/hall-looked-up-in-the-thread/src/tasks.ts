import { type BestSeats, bestSeats } from './best-seats.ts';
import { findVenue } from './venues.ts';

// What the threads of the pool can do. Numbers go in, a small object comes out: both are copied between threads.

export { fibonacci } from './fibonacci.ts';

export function seatsForParty({ venueId, party }: { venueId: number; party: number }): BestSeats | undefined {
  const venue = findVenue(venueId);
  return venue && bestSeats(venue, party);
}
