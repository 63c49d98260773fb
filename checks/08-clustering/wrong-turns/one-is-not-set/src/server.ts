import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { runPrimary } from './primary.ts';
import { runWorker } from './worker.ts';

if (cluster.isPrimary) {
  runPrimary({
    workers: several(process.env.WEB_CONCURRENCY) ?? availableParallelism(),
    drainTimeoutMs: positive(process.env.DRAIN_TIMEOUT_MS) ?? 10_000,
  });
} else {
  runWorker({
    port: Number(process.env.PORT ?? 3000),
    redisUrl: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
    eventsFile: process.env.EVENTS_FILE ?? new URL('./events.json', import.meta.url),
  });
}

function several(text: string | undefined): number | undefined {
  const number = positive(text);
  return number !== undefined && number > 1 ? number : undefined;
}

function positive(text: string | undefined): number | undefined {
  const number = Number(text);
  return Number.isInteger(number) && number > 0 ? number : undefined;
}
