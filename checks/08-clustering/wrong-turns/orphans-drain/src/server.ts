import { availableParallelism } from 'node:os';
import { supervise } from './supervisor.ts';

supervise({
  port: Number(process.env.PORT ?? 3000),
  workers: Number(process.env.WEB_CONCURRENCY || availableParallelism()),
  drainTimeoutMs: Number(process.env.DRAIN_TIMEOUT_MS || 10_000),
});
