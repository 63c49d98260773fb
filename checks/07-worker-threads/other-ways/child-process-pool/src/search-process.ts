import { bestSeats } from './best-seats.ts';
import { fibonacci } from './fibonacci.ts';
import { findVenue, type Venue } from './venues.ts';

// The parent is gone, or it doesn't need us any more.
process.on('disconnect', () => process.exit());
// A Ctrl-C or a SIGTERM to the whole group is the parent's affair: it waits for our answer.
process.on('SIGTERM', () => {});
process.on('SIGINT', () => {});

process.on('message', ({ venueId, party, n }: { venueId: number; party: number; n?: number }) => {
  try {
    const result = n === undefined ? bestSeats(findVenue(venueId) as Venue, party) : fibonacci(n);
    process.send?.({ result });
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.message : String(error) });
  }
});

// Ready for the first search.
process.send?.({});
