import cluster, { type Worker } from 'node:cluster';
import { log } from './log.ts';
import { serveMetrics } from './metrics-server.ts';
import { type Counted, Totals } from './totals.ts';

const DRAIN_TIMEOUT_MS = 4_000;
const RESTART_DELAY_MS = 100;

export interface PrimaryOptions {
  workers: number;
  metricsPort: number;
}

/** Keeps this number of workers alive until SIGTERM. Lesson 8 says what a primary does on worse days. */
export function runPrimary({ workers, metricsPort }: PrimaryOptions): void {
  let ending = false;
  const totals = new Totals();
  serveMetrics(totals, metricsPort);
  cluster.on('message', (worker, counted: Counted) => totals.hear(worker.id, counted));
  // After the last message. `exit` may come before it.
  cluster.on('disconnect', (worker) => totals.end(worker.id));

  for (let n = 0; n < workers; n++) fork();

  cluster.on('exit', (worker, code, signal) => {
    if (ending) {
      if (alive().length === 0) process.exit(0);
      return;
    }
    totals.replaced.inc();
    log(`worker ${worker.process.pid} ended with ${signal ?? `code ${code}`}`);
    setTimeout(() => {
      if (!ending) fork();
    }, RESTART_DELAY_MS);
  });

  process.on('SIGTERM', () => {
    if (ending) return;
    ending = true;
    if (alive().length === 0) process.exit(0);
    for (const worker of alive()) worker.process.kill('SIGTERM');
    setTimeout(() => {
      for (const worker of alive()) worker.process.kill('SIGKILL');
    }, DRAIN_TIMEOUT_MS).unref();
  });
}

/** What is sent to a worker that is just ending breaks off. That must not end the primary. */
function fork(): void {
  cluster.fork().on('error', (error) => log(`a worker can’t be reached: ${error.message}`));
}

function alive(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined && !worker.isDead()) as Worker[];
}
