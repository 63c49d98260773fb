import { parentPort, workerData } from 'node:worker_threads';
import { bestSeats } from './best-seats.ts';
import { fibonacci } from './fibonacci.ts';
import { findVenue, type Venue } from './venues.ts';

const { venueId, party, n } = workerData as { venueId: number; party: number; n?: number };
parentPort?.postMessage(n === undefined ? bestSeats(findVenue(venueId) as Venue, party) : fibonacci(n));
