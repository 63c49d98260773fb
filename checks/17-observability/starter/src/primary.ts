import cluster, { type Worker } from 'node:cluster';
import { log } from './log.ts';

const DRAIN_TIMEOUT_MS = 4_000;
const RESTART_DELAY_MS = 100;

/** Keeps this number of workers alive until SIGTERM. Lesson 8 says what a primary does on worse days. */
export function runPrimary({ workers }: { workers: number }): void {
  let ending = false;

  for (let n = 0; n < workers; n++) fork();

  cluster.on('exit', (worker, code, signal) => {
    if (ending) {
      if (alive().length === 0) process.exit(0);
      return;
    }
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
