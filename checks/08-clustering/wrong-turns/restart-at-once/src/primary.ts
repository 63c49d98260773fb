import cluster from 'node:cluster';
import { log } from './log.ts';

export interface PrimaryOptions {
  workers: number;
  drainTimeoutMs: number;
}

export function runPrimary({ workers, drainTimeoutMs }: PrimaryOptions): void {
  let stopping = false;
  log(`primary of ${workers} workers`);
  for (let i = 0; i < workers; i++) cluster.fork();

  cluster.on('exit', (worker, code, signal) => {
    log(`worker ${worker.process.pid} ended with ${signal ?? `code ${code}`}`);
    if (!stopping) cluster.fork();
  });

  process.on('SIGTERM', () => {
    stopping = true;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM');
    setTimeout(() => {
      for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
    }, drainTimeoutMs).unref();
  });
}
