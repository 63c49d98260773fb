import cluster, { type Worker } from 'node:cluster';
import { log } from './log.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
const MAX_FAILED_STARTS = 5;

export interface PrimaryOptions {
  workers: number;
  drainTimeoutMs: number;
}

/** Keeps so many workers alive until SIGTERM, or until it is clear that they can't start. */
export function runPrimary({ workers, drainTimeoutMs }: PrimaryOptions): void {
  const serving = new Set<Worker>();
  let failedStarts = 0; // In a row. Workers that die together count once.
  let refill: NodeJS.Timeout | undefined;
  let exitCode: number | undefined; // Set once the app is to end.

  log(`primary of ${workers} workers`);
  forkMissing();

  cluster.on('listening', (worker) => {
    serving.add(worker);
    failedStarts = 0;
  });

  cluster.on('exit', (worker, code, signal) => {
    const served = serving.delete(worker);
    if (exitCode !== undefined) {
      if (alive().length === 0) process.exit(exitCode);
      return;
    }
    log(`worker ${worker.process.pid} ended with ${signal ?? `code ${code}`}${served ? '' : ' before it served'}`);
    if (refill) return;
    if (!served) failedStarts++;
    if (failedStarts >= MAX_FAILED_STARTS && serving.size === 0) {
      log(`giving up: ${failedStarts} starts in a row failed, the last worker ended with ${signal ?? `code ${code}`}`);
      end(1);
      return;
    }
    const delayMs = failedStarts === 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (failedStarts - 1), MAX_DELAY_MS);
    refill = setTimeout(forkMissing, delayMs);
  });

  process.on('SIGTERM', () => {
    if (exitCode === undefined) end(0);
  });

  function forkMissing(): void {
    refill = undefined;
    for (let missing = workers - alive().length; missing > 0; missing--) cluster.fork();
  }

  /** Every worker finishes what it has begun. Whoever has not after the deadline is killed. */
  function end(code: number): void {
    exitCode = code;
    clearTimeout(refill);
    if (alive().length === 0) process.exit(code);
    for (const worker of alive()) worker.process.kill('SIGTERM');
    setTimeout(() => {
      for (const worker of alive()) {
        log(`worker ${worker.process.pid} still runs after ${drainTimeoutMs} ms`);
      }
      process.exit(1);
    }, drainTimeoutMs).unref();
  }
}

function alive(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined && !worker.isDead()) as Worker[];
}
