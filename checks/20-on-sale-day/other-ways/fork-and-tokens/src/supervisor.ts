import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { log } from './log.ts';

/** What a process has counted: the labels of a series, as text, and its value. */
export type Counts = Record<string, number>;

const pauseMs = 100;
const longestPauseMs = 1_000;
const settledAfterMs = 1_000;

export interface SupervisorOptions {
  processes: number;
  metricsPort: number;
  killAfterMs: number;
}

/** Keeps so many processes alive until SIGTERM, each of which listens on PORT by itself. */
export function supervise({ processes, metricsPort, killAfterMs }: SupervisorOptions): void {
  const alive = new Map<ChildProcess, Counts>();
  const ended: Counts = {};
  let ending = false;
  let exitCode = 0;
  let shortLives = 0;

  for (let n = 0; n < processes; n++) start();
  process.on('SIGTERM', end);
  process.on('SIGINT', end);

  createServer((req, res) => {
    if (req.url?.split('?')[0] === '/metrics')
      res
        .writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
        .end(text([ended, ...alive.values()]));
    else res.writeHead(404).end();
  }).listen(metricsPort);

  function start(): void {
    if (ending) return;
    const startedAt = performance.now();
    const child = fork(new URL('./server.ts', import.meta.url), ['web'], { stdio: 'inherit' });
    alive.set(child, {});
    child.on('message', (counts: Counts) => alive.set(child, counts));
    child.on('error', (error) => log(`process ${child.pid}: ${error.message}`));
    child.once('close', async (code, signal) => {
      add(ended, alive.get(child) ?? {});
      alive.delete(child);
      if (ending) {
        if (code !== 0) exitCode = 1;
        if (alive.size === 0) process.exit(exitCode);
        return;
      }
      log(`process ${child.pid} ended with ${signal ?? code}`);
      shortLives = performance.now() - startedAt < settledAfterMs ? shortLives + 1 : 0;
      if (shortLives > 0) await delay(Math.min(pauseMs * 2 ** shortLives, longestPauseMs));
      start();
    });
  }

  function end(): void {
    if (ending) return;
    ending = true;
    if (alive.size === 0) process.exit(0);
    for (const child of alive.keys()) child.kill('SIGTERM');
    setTimeout(() => {
      for (const child of alive.keys()) child.kill('SIGKILL');
    }, killAfterMs).unref();
  }
}

function add(sum: Counts, counts: Counts): void {
  for (const [series, value] of Object.entries(counts)) sum[series] = (sum[series] ?? 0) + value;
}

function text(all: Iterable<Counts>): string {
  const sum: Counts = {};
  for (const counts of all) add(sum, counts);
  const lines = Object.entries(sum).map(([labels, value]) => `http_requests_total{${labels}} ${value}`);
  return [
    '# HELP http_requests_total Requests that have ended.',
    '# TYPE http_requests_total counter',
    ...lines,
    '',
  ].join('\n');
}
