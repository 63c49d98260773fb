import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';

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

/** Runs an exported function of tasks.ts in a thread. The signal drops the task if it waits, and stops it if it runs. */
export function runInPool<Result>(name: string, task: unknown, signal: AbortSignal): Promise<Result> {
  // Not Piscina's maxQueue: that doesn't count tasks that carry a signal, queueSize does.
  if (isFull()) return Promise.reject(new PoolIsFull());
  return pool.run(task, { name, signal });
}

export function isFull(): boolean {
  return pool.queueSize >= MAX_WAITING;
}

/** Stops the threads. Close the server first: whatever still runs is lost. */
export function closePool(): Promise<void> {
  return pool.destroy();
}
