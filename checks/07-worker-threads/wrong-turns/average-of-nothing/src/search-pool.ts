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

let done = 0;
let spentMs = 0;

/** Runs an exported function of tasks.ts in a thread. The signal drops the task if it waits, and stops it if it runs. */
export function runInPool<Result>(name: string, task: unknown, signal: AbortSignal): Promise<Result> {
  // Not Piscina's maxQueue: that doesn't count tasks that carry a signal, queueSize does.
  if (pool.queueSize >= MAX_WAITING) return Promise.reject(new PoolIsFull());
  const startedAt = performance.now();
  return pool.run(task, { name, signal }).finally(() => {
    done++;
    spentMs += performance.now() - startedAt;
  });
}

/** What the last in the line waits, by what those before have waited. */
export function secondsOfLine(): number {
  return Math.ceil(spentMs / done / 1_000);
}

/** Stops the threads. Close the server first: whatever still runs is lost. */
export function closePool(): Promise<void> {
  return pool.destroy();
}
