import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const MAX_WAITING = 32;
const program = fileURLToPath(new URL('./search-process.ts', import.meta.url));

/** More searches wait than we are willing to keep. */
export class PoolIsFull extends Error {}

interface Job {
  task: object;
  resolve(result: never): void;
  reject(error: Error): void;
}

interface Searcher {
  child: ChildProcess;
  /** It gets no search before it runs: when many clients leave at once, its search may be gone by then. */
  ready: boolean;
  job: Job | undefined;
}

const waiting: Job[] = [];
const searchers = new Set<Searcher>();
let closing = false;
for (let i = 0; i < availableParallelism(); i++) addSearcher();

/** Runs a task in a process. The signal takes it out of the line if it waits, and kills its process if it runs. */
export function runInPool<Result>(task: object, signal: AbortSignal): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const job: Job = { task, resolve, reject };
  const idle = [...searchers].find((searcher) => searcher.ready && !searcher.job);
  if (idle) start(idle, job);
  else if (waiting.length >= MAX_WAITING) reject(new PoolIsFull());
  else waiting.push(job);
  signal.addEventListener('abort', () => drop(job), { once: true });
  return promise;
}

/** Ends the processes. Close the server first: whatever still runs is lost. */
export async function closePool(): Promise<void> {
  closing = true;
  await Promise.all(
    [...searchers].map(({ child }) => {
      child.kill('SIGKILL');
      return once(child, 'exit');
    }),
  );
}

function addSearcher(): void {
  const child = fork(program);
  const searcher: Searcher = { child, ready: false, job: undefined };
  child.on('message', ({ result, error }: { result: never; error?: string }) => {
    searcher.ready = true; // The first message has no result: it says that the program has started.
    const job = searcher.job;
    searcher.job = undefined;
    if (error === undefined) job?.resolve(result);
    else job?.reject(new Error(error));
    startNext(searcher);
  });
  child.on('exit', (code) => {
    searcher.job?.reject(new Error(`the search ended with its process: exit code ${code}`));
    replace(searcher);
  });
  searchers.add(searcher);
}

function start(searcher: Searcher, job: Job): void {
  searcher.job = job;
  searcher.child.send(job.task);
}

function startNext(searcher: Searcher): void {
  const job = waiting.shift();
  if (job) start(searcher, job);
}

function drop(job: Job): void {
  job.reject(new DOMException('the client went away', 'AbortError'));
  const at = waiting.indexOf(job);
  if (at >= 0) waiting.splice(at, 1);
  const running = [...searchers].find((searcher) => searcher.job === job);
  if (!running) return;
  running.child.kill('SIGKILL');
  replace(running);
}

function replace(searcher: Searcher): void {
  if (searchers.delete(searcher) && !closing) addSearcher();
}
