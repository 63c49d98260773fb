import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

const MAX_WAITING = 32;

/** More searches wait than we are willing to keep. */
export class PoolIsFull extends Error {}

interface Job {
  message: object;
  resolve(result: never): void;
  reject(error: unknown): void;
}

interface Thread {
  worker: Worker;
  job: Job | undefined;
}

const waiting: Job[] = [];
const threads = new Set<Thread>();
for (let i = 0; i < availableParallelism(); i++) addThread();

/** Runs an exported function of tasks.ts in a thread. The signal drops the task if it waits, and stops it if it runs. */
export function runInPool<Result>(name: string, task: unknown, signal: AbortSignal): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const job: Job = { message: { name, task }, resolve, reject };
  const idle = [...threads].find((thread) => !thread.job);
  if (idle) start(idle, job);
  else if (waiting.length >= MAX_WAITING) reject(new PoolIsFull());
  else waiting.push(job);
  signal.addEventListener('abort', () => drop(job), { once: true });
  return promise;
}

/** Stops the threads. Close the server first: whatever still runs is lost. */
export async function closePool(): Promise<void> {
  await Promise.all([...threads].map(({ worker }) => worker.terminate()));
}

function addThread(): void {
  const worker = new Worker(new URL('./search-thread.ts', import.meta.url));
  const thread: Thread = { worker, job: undefined };
  worker.on('message', (result) => {
    thread.job?.resolve(result as never);
    startNext(thread);
  });
  worker.on('error', (error) => thread.job?.reject(error));
  threads.add(thread);
  startNext(thread);
}

function start(thread: Thread, job: Job): void {
  thread.job = job;
  thread.worker.postMessage(job.message);
}

function startNext(thread: Thread): void {
  thread.job = undefined;
  const job = waiting.shift();
  if (job) start(thread, job);
}

function drop(job: Job): void {
  job.reject(new DOMException('the client went away', 'AbortError'));
  const at = waiting.indexOf(job);
  if (at >= 0) waiting.splice(at, 1);
  const running = [...threads].find((thread) => thread.job === job);
  if (!running) return;
  void running.worker.terminate();
  threads.delete(running);
  addThread();
}
