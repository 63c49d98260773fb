import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { seatsForParty } from './tasks.ts';

const MAX_WAITING = 32;
const threads = availableParallelism();

/** More searches wait than we are willing to keep. */
export class PoolIsFull extends Error {}

// As many threads at most as at least: a thread that was stopped with its search is replaced at once, and no search
// waits for a thread to start.
const pool = new Piscina({
  filename: new URL('./tasks.ts', import.meta.url).href,
  minThreads: threads,
  maxThreads: threads,
});

function isSmall(task: unknown): task is { venueId: number; party: number } {
  return (task as { party: number }).party === 2;
}

/** Runs an exported function of tasks.ts in a thread. The signal drops the task if it waits, and stops it if it runs. */
export async function runInPool<Result>(name: string, task: unknown, signal: AbortSignal): Promise<Result> {
  // A search for two is short: the way to a thread and back is not worth it.
  if (name === 'seatsForParty' && isSmall(task)) return Promise.resolve(seatsForParty(task) as Result);
  // Not Piscina's maxQueue: that doesn't count tasks that carry a signal, queueSize does.
  if (pool.queueSize >= MAX_WAITING) return Promise.reject(new PoolIsFull());
  return pool.run(task, { name, signal });
}

/** Stops the threads. Close the server first: whatever still runs is lost. */
export function closePool(): Promise<void> {
  return pool.destroy();
}
