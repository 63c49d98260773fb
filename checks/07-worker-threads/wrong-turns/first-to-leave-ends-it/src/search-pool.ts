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

const searches = new Map<string, Promise<unknown>>();

/** Runs an exported function of tasks.ts in a thread. Whoever asks the same meanwhile shares the result. */
export function runInPool<Result>(name: string, task: unknown, signal: AbortSignal): Promise<Result> {
  const key = `${name} ${JSON.stringify(task)}`;
  let search = searches.get(key) as Promise<Result> | undefined;
  if (search === undefined) {
    if (pool.queueSize >= MAX_WAITING) return Promise.reject(new PoolIsFull());
    search = (pool.run(task, { name, signal }) as Promise<Result>).finally(() => searches.delete(key));
    searches.set(key, search);
  }
  return search;
}

/** Stops the threads. Close the server first: whatever still runs is lost. */
export function closePool(): Promise<void> {
  return pool.destroy();
}
