import { availableParallelism } from 'node:os';

/** libuv has four threads for hashes, files and compression together. One at least stays free for the short jobs. */
const mostAtOnce = Math.min(availableParallelism(), 3);

let running = 0;
const waiting: (() => void)[] = [];

/** Runs long jobs of the thread pool a few at a time, first come, first served. */
export async function inTurn<T>(job: () => Promise<T>): Promise<T> {
  if (running < mostAtOnce) running++;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await job();
  } finally {
    const next = waiting.shift();
    if (next)
      next(); // The place passes on, so the count stays.
    else running--;
  }
}
