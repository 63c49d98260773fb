import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

const MAX_WAITING = 32;

/** More searches wait than we are willing to keep. */
export class PoolIsFull extends Error {}

interface Job {
  task: object;
  signal: AbortSignal;
  resolve(result: never): void;
  reject(error: Error): void;
}

interface Thread {
  worker: Worker;
  /** It gets no search before it runs: when many clients leave at once, its search may be gone by then. */
  ready: boolean;
  job: Job | undefined;
}

const waiting: Job[] = [];
const threads = new Set<Thread>();
for (let i = 0; i < availableParallelism(); i++) addThread();

/** Runs a task in a thread. The signal takes it out of the line if it waits, and stops its thread if it runs. */
export function runInPool<Result>(task: object, signal: AbortSignal): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const job: Job = { task, signal, resolve, reject };
  const idle = [...threads].find((thread) => thread.ready && !thread.job);
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
  const thread: Thread = { worker, ready: false, job: undefined };
  worker.on('online', () => {
    thread.ready = true;
    startNext(thread);
  });
  worker.on('message', ({ result, error }: { result: never; error?: string }) => {
    const job = thread.job;
    thread.job = undefined;
    if (error === undefined) job?.resolve(result);
    else job?.reject(new Error(error));
    startNext(thread);
  });
  // Only what search-thread.ts can't catch, such as a lack of memory: the thread is gone, its search failed.
  worker.on('error', (error) => {
    thread.job?.reject(error as Error);
    replace(thread);
  });
  worker.unref();
  threads.add(thread);
}

function start(thread: Thread, job: Job): void {
  thread.job = job;
  thread.worker.postMessage(job.task);
}

function startNext(thread: Thread): void {
  // A thread that was replaced may still have said something before its end. What it is given now is lost.
  if (!threads.has(thread)) return;
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
  replace(running);
}

function replace(thread: Thread): void {
  if (threads.delete(thread)) addThread();
}
