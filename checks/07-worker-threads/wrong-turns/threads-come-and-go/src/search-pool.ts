import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';

const MAX_WAITING = 32;
const threads = availableParallelism();

/** More searches wait than we are willing to keep. */
export class PoolIsFull extends Error {}

// Nobody searches at night: no thread then takes memory.
const pool = new Piscina({
  filename: new URL('./tasks.ts', import.meta.url).href,
  minThreads: 0,
  maxThreads: threads,
});

/** Runs an exported function of tasks.ts in a thread. The signal drops the task if it waits, and stops it if it runs. */
export function runInPool<Result>(name: string, task: unknown, signal: AbortSignal): Promise<Result> {
  // Not Piscina's maxQueue: that doesn't count tasks that carry a signal, queueSize does.
  if (pool.queueSize >= MAX_WAITING) return Promise.reject(new PoolIsFull());
  return pool.run(task, { name, signal });
}

/** Stops the threads. Close the server first: whatever still runs is lost. */
export function closePool(): Promise<void> {
  return pool.destroy();
}
