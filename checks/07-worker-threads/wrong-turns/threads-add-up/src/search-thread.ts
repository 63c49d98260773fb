import { parentPort } from 'node:worker_threads';
import { bestSeats } from './best-seats.ts';
import { fibonacci } from './fibonacci.ts';
import { findVenue, type Venue } from './venues.ts';

parentPort?.on('message', ({ venueId, party, n }: { venueId: number; party: number; n?: number }) => {
  try {
    const result = n === undefined ? bestSeats(findVenue(venueId) as Venue, party) : fibonacci(n);
    parentPort?.postMessage({ result });
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
