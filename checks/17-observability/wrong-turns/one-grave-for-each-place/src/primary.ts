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
  /** Each worker has a place, and its counts are kept by it. */
  const places = new Map<number, number>();
  const placeOf = ({ id }: Worker) => places.get(id) ?? 0;
  const fork = (place: number) => {
    const worker = cluster.fork().on('error', (error) => log(`a worker can’t be reached: ${error.message}`));
    places.set(worker.id, place);
  };
  cluster.on('message', (worker, counted: Counted) => totals.hear(placeOf(worker), counted));
  // After the last message. `exit` may come before it.
  cluster.on('disconnect', (worker) => totals.end(placeOf(worker)));

  for (let n = 0; n < workers; n++) fork(n);

  cluster.on('exit', (worker, code, signal) => {
    if (ending) {
      if (alive().length === 0) process.exit(0);
      return;
    }
    totals.replaced.inc();
    log(`worker ${worker.process.pid} ended with ${signal ?? `code ${code}`}`);
    setTimeout(() => {
      if (!ending) fork(placeOf(worker));
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

function alive(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined && !worker.isDead()) as Worker[];
}
