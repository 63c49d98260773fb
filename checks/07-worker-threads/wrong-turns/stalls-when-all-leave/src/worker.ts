import { parentPort } from 'node:worker_threads';
import { bestSeats } from './best-seats.ts';
import { fibonacci } from './fibonacci.ts';
import { findVenue, type Venue } from './venues.ts';

type Task = { kind: 'seats'; venue: number; party: number } | { kind: 'fibonacci'; n: number };

parentPort?.on('message', (task: Task) => {
  try {
    parentPort?.postMessage({ value: work(task) });
  } catch (error) {
    parentPort?.postMessage({ error: String(error) });
  }
});

function work(task: Task): unknown {
  if (task.kind === 'fibonacci') return { n: task.n, value: fibonacci(task.n) };
  return bestSeats(findVenue(task.venue) as Venue, task.party);
}
