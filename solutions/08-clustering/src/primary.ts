import cluster, { type Worker } from 'node:cluster';
import { log } from './log.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
const MAX_FAILED_STARTS = 5;
/** A worker that dies sooner after it listens has failed to start: whatever killed it may kill the next one, too. */
const SETTLED_AFTER_MS = 1_000;

export interface PrimaryOptions {
  workers: number;
  drainTimeoutMs: number;
}

/** Keeps this number of workers alive until SIGTERM, or until no worker can start any more. */
export function runPrimary({ workers, drainTimeoutMs }: PrimaryOptions): void {
  const servingSince = new Map<Worker, number>();
  let failedStarts = 0; // In a row. Workers that die together count once.
  let refill: NodeJS.Timeout | undefined;
  let exitCode: number | undefined; // Set once the app is to end.

  log(`primary of ${workers} workers`);
  forkMissing();

  cluster.on('listening', (worker) => servingSince.set(worker, performance.now()));

  cluster.on('exit', (worker, code, signal) => {
    const servedMs = performance.now() - (servingSince.get(worker) ?? performance.now());
    servingSince.delete(worker);
    if (exitCode !== undefined) {
      if (alive().length === 0) process.exit(exitCode);
      return;
    }
    const reason = signal ?? `code ${code}`;
    log(`worker ${worker.process.pid} ended with ${reason} after serving for ${Math.round(servedMs)} ms`);
    if (servedMs >= SETTLED_AFTER_MS) {
      failedStarts = 0;
      forkMissing();
      return;
    }
    if (refill) return;
    failedStarts++;
    if (failedStarts >= MAX_FAILED_STARTS && servingSince.size === 0) {
      log(`giving up: ${failedStarts} starts in a row failed, the last worker ended with ${reason}`);
      end(1);
      return;
    }
    refill = setTimeout(forkMissing, Math.min(FIRST_DELAY_MS * 2 ** (failedStarts - 1), MAX_DELAY_MS));
  });

  process.on('SIGTERM', () => {
    if (exitCode === undefined) end(0);
  });

  // What is sent to a worker that is just ending breaks off. That must not end the primary.
  cluster.on('fork', (worker) => worker.on('error', (error) => log(`a worker can’t be reached: ${error.message}`)));

  function forkMissing(): void {
    clearTimeout(refill);
    refill = undefined;
    for (let missing = workers - alive().length; missing > 0; missing--) cluster.fork();
  }

  /** Every worker finishes what it has begun. One that still runs after the deadline is killed. */
  function end(code: number): void {
    exitCode = code;
    clearTimeout(refill);
    if (alive().length === 0) process.exit(code);
    for (const worker of alive()) worker.process.kill('SIGTERM');
    setTimeout(() => {
      for (const worker of alive()) {
        log(`worker ${worker.process.pid} still runs after ${drainTimeoutMs} ms: killed`);
        worker.process.kill('SIGKILL');
      }
      exitCode = 1;
    }, drainTimeoutMs).unref();
  }
}

function alive(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined && !worker.isDead()) as Worker[];
}
