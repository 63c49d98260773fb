import cluster, { type Worker } from 'node:cluster';
import { log } from './log.ts';

export interface PrimaryOptions {
  workers: number;
  drainTimeoutMs: number;
}

/** Keeps so many workers alive until SIGTERM, or until it is clear that they can't start. */
export function runPrimary({ workers, drainTimeoutMs }: PrimaryOptions): void {
  const serving = new Set<Worker>();
  let exitCode: number | undefined; // Set once the app is to end.

  log(`primary of ${workers} workers`);
  forkMissing();

  cluster.on('listening', (worker) => serving.add(worker));

  cluster.on('exit', (worker, code, signal) => {
    const served = serving.delete(worker);
    if (exitCode !== undefined) {
      if (alive().length === 0) process.exit(exitCode);
      return;
    }
    log(`worker ${worker.process.pid} ended with ${signal ?? `code ${code}`}${served ? '' : ' before it served'}`);
    if (served) {
      forkMissing();
      return;
    }
    log('a worker can’t start: giving up');
    end(1);
  });

  process.on('SIGTERM', () => {
    if (exitCode === undefined) end(0);
  });

  function forkMissing(): void {
    for (let missing = workers - alive().length; missing > 0; missing--) cluster.fork();
  }

  /** Every worker finishes what it has begun. Whoever has not after the deadline is killed. */
  function end(code: number): void {
    exitCode = code;
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
