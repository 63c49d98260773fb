import { bestSeats } from './best-seats.ts';
import { fibonacci } from './fibonacci.ts';
import { findVenue, type Venue } from './venues.ts';

process.once('message', ({ venueId, party, n }: { venueId: number; party: number; n?: number }) => {
  const result = n === undefined ? bestSeats(findVenue(venueId) as Venue, party) : fibonacci(n);
  process.send?.(result, () => process.disconnect?.());
});
