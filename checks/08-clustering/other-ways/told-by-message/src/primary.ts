import cluster, { type Worker } from 'node:cluster';
import { inspect } from 'node:util';
import { log } from './log.ts';

const SETTLED_AFTER_MS = 1_000;
const PAUSE_STEP_MS = 250;
const LONGEST_PAUSE_MS = 3_000;
const MOST_EARLY_DEATHS = 8;

export interface PrimaryOptions {
  workers: number;
  drainTimeoutMs: number;
}

export function runPrimary({ workers, drainTimeoutMs }: PrimaryOptions): void {
  const upSince = new Map<number, number>();
  let earlyDeaths = 0; // In a row.
  let stopping = false;
  let exitCode = 0;

  // What is sent to a worker that is just ending breaks off. That must not end the primary.
  cluster.on('fork', (worker) => worker.on('error', (error) => log(`a worker can’t be reached: ${error.message}`)));

  cluster.on('message', (worker, message) => {
    if (message === 'up') upSince.set(worker.id, performance.now());
  });
  cluster.on('exit', (worker, code, signal) => {
    const since = upSince.get(worker.id);
    upSince.delete(worker.id);
    if (stopping) return exitWithTheLast();
    // With its stack and its cause, in several lines, as errors are in this team's logs.
    const cause = signal ?? `code ${code}`;
    log(inspect(new Error(`worker ${worker.process.pid} is gone`, { cause })));
    if (since !== undefined && performance.now() - since > SETTLED_AFTER_MS) {
      earlyDeaths = 0;
      cluster.fork();
      return;
    }
    earlyDeaths++;
    if (earlyDeaths >= MOST_EARLY_DEATHS && upSince.size === 0) {
      log(`${earlyDeaths} workers in a row died early, and none serves: exiting`);
      stop(3);
      return;
    }
    setTimeout(() => stopping || cluster.fork(), Math.min(LONGEST_PAUSE_MS, PAUSE_STEP_MS * earlyDeaths));
  });
  process.on('SIGTERM', () => stop(0));

  log(`starting ${workers} workers`);
  for (let i = 0; i < workers; i++) cluster.fork();

  function stop(code: number): void {
    if (stopping) return;
    stopping = true;
    exitCode = code;
    for (const worker of all()) worker.send('stop');
    setTimeout(() => {
      exitCode ||= 1;
      for (const worker of all()) worker.process.kill('SIGKILL');
    }, drainTimeoutMs).unref();
    exitWithTheLast();
  }

  function exitWithTheLast(): void {
    if (all().length === 0) process.exit(exitCode);
  }
}

function all(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}
