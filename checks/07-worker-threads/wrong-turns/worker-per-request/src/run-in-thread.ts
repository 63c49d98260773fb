import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

let free = availableParallelism();
const waiting: (() => void)[] = [];

/** Runs search-thread.ts in a thread, never more of them at once than there are cores. */
export async function runInThread(task: object): Promise<unknown> {
  if (free > 0) free--;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./search-thread.ts', import.meta.url), { workerData: task });
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }
}
