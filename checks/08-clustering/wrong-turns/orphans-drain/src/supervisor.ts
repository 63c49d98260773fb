import { type ChildProcess, fork } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { log } from './log.ts';

const FIRST_DELAY_MS = 150;
const MAX_FAILED_STARTS = 5;
/** A worker that dies sooner was no good start. */
const SETTLED_AFTER_MS = 1_000;

export interface SupervisorOptions {
  port: number;
  workers: number;
  drainTimeoutMs: number;
}

/** Accepts every connection, reads nothing of it, and hands it to the next worker. */
export function supervise({ port, workers, drainTimeoutMs }: SupervisorOptions): void {
  const children = new Set<ChildProcess>();
  let serving: ChildProcess[] = [];
  let waiting: Socket[] = []; // Nobody serves yet, or no longer.
  let failedStarts = 0; // In a row, over all workers.
  let stopping = false;

  const door = createServer({ pauseOnConnect: true }, handOver).listen(port, () => {
    log(`${workers} workers behind port ${port}`);
  });
  door.on('error', (error) => {
    log(`can't listen: ${error.message}`);
    process.exit(1);
  });
  for (let i = 0; i < workers; i++) startWorker();

  function handOver(socket: Socket): void {
    socket.on('error', () => {}); // The client has gone before anybody looked.
    const next = serving.shift();
    if (!next) return void waiting.push(socket);
    serving.push(next);
    next.send('connection', socket);
  }

  function startWorker(): void {
    if (stopping) return;
    const child = fork(new URL('./worker.ts', import.meta.url));
    children.add(child);
    child.on('error', () => {}); // A message to one that has just died; 'exit' follows.
    let servingSince = Number.POSITIVE_INFINITY;
    child.on('message', () => {
      servingSince = performance.now();
      serving.push(child);
      const late = waiting;
      waiting = [];
      for (const socket of late) handOver(socket);
    });
    child.on('exit', (code, signal) => {
      children.delete(child);
      serving = serving.filter((other) => other !== child);
      if (stopping) return ended();
      log(`worker ${child.pid} ended with ${signal ?? `code ${code}`}`);
      if (performance.now() - servingSince >= SETTLED_AFTER_MS) {
        failedStarts = 0;
        return startWorker();
      }
      failedStarts++;
      if (failedStarts >= MAX_FAILED_STARTS * workers && serving.length === 0) {
        log(`${failedStarts} starts in a row have failed: giving up`);
        process.exit(1);
      }
      setTimeout(startWorker, FIRST_DELAY_MS * 2 ** Math.min(5, Math.floor(failedStarts / workers)));
    });
  }

  function ended(): void {
    if (children.size === 0) process.exit(0);
  }

  process.on('SIGTERM', () => {
    if (stopping) return;
    stopping = true;
    door.close();
    for (const child of children) child.send('stop');
    setTimeout(() => {
      for (const child of children) child.kill('SIGKILL');
    }, drainTimeoutMs);
    ended();
  });
}
