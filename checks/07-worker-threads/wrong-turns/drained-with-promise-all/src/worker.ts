import { parentPort } from 'node:worker_threads';
import { bestSeats } from './best-seats.ts';
import { fibonacci } from './fibonacci.ts';
import type { Job } from './pool.ts';
import { findVenue } from './venues.ts';

parentPort?.on('message', (job: Job) => {
  try {
    parentPort?.postMessage({ value: compute(job) });
  } catch (error) {
    parentPort?.postMessage({ error: String(error) });
  }
});

function compute(job: Job): unknown {
  if ('n' in job) return { n: job.n, value: fibonacci(job.n) };
  const venue = findVenue(job.hall);
  if (!venue) throw new Error('no such venue');
  return bestSeats(venue, job.party);
}
