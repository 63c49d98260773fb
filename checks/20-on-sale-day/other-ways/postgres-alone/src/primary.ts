import cluster, { type Worker } from 'node:cluster';
import { log } from './log.ts';
import { serveMetrics } from './metrics-server.ts';
import { type Counted, Totals } from './totals.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 1_000;
/** A worker that dies sooner after it listens has failed to start: whatever killed it may kill the next one, too. */
const SETTLED_AFTER_MS = 1_000;

export interface PrimaryOptions {
  workers: number;
  metricsPort: number;
  killAfterMs: number;
}

/** Keeps this number of workers alive until SIGTERM, and adds up what they count. */
export function runPrimary({ workers, metricsPort, killAfterMs }: PrimaryOptions): void {
  const servingSince = new Map<Worker, number>();
  let failedStarts = 0; // In a row.
  let refill: NodeJS.Timeout | undefined;
  let exitCode: number | undefined; // Set once the instance is to end.

  const totals = new Totals();
  serveMetrics(totals, metricsPort);
  cluster.on('message', (worker, counted: Counted) => totals.hear(worker.id, counted));
  // After the last message. `exit` may come before it.
  cluster.on('disconnect', (worker) => totals.end(worker.id));
  // What is sent to a worker that is just ending breaks off. That must not end the primary.
  cluster.on('fork', (worker) => worker.on('error', (error) => log(`a worker can’t be reached: ${error.message}`)));
  cluster.on('listening', (worker) => servingSince.set(worker, performance.now()));

  log(`primary of ${workers} workers`);
  forkMissing();

  cluster.on('exit', (worker, code, signal) => {
    const servedMs = performance.now() - (servingSince.get(worker) ?? performance.now());
    servingSince.delete(worker);
    if (exitCode !== undefined) {
      if (code !== 0) exitCode = 1;
      if (alive().length === 0) process.exit(exitCode);
      return;
    }
    totals.replaced.inc();
    log(`worker ${worker.process.pid} ended with ${signal ?? `code ${code}`}`);
    if (servedMs >= SETTLED_AFTER_MS) {
      failedStarts = 0;
      forkMissing();
    } else {
      refill ??= setTimeout(forkMissing, Math.min(FIRST_DELAY_MS * 2 ** failedStarts++, MAX_DELAY_MS));
    }
  });

  // The handlers stay: a second signal must not end the instance before its workers have ended.
  process.on('SIGTERM', end);
  process.on('SIGINT', end);

  function forkMissing(): void {
    clearTimeout(refill);
    refill = undefined;
    for (let missing = workers - alive().length; missing > 0; missing--) cluster.fork();
  }

  function end(): void {
    if (exitCode !== undefined) return;
    exitCode = 0;
    clearTimeout(refill);
    if (alive().length === 0) process.exit(exitCode);
    for (const worker of alive()) worker.process.kill('SIGTERM');
    setTimeout(() => {
      for (const worker of alive()) worker.process.kill('SIGKILL');
    }, killAfterMs).unref();
  }
}

function alive(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined && !worker.isDead()) as Worker[];
}
