import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { runPrimary } from './primary.ts';
import { runWorker } from './worker.ts';

if (cluster.isPrimary) {
  runPrimary({
    workers: Number(process.env.WEB_CONCURRENCY ?? availableParallelism()),
  });
} else {
  runWorker({
    port: Number(process.env.PORT ?? 3000),
    metricsPort: Number(process.env.METRICS_PORT ?? 9464),
    supplierUrl: process.env.SUPPLIER_URL ?? 'http://127.0.0.1:4000',
    supplierTimeoutMs: Number(process.env.SUPPLIER_TIMEOUT_MS ?? 3_000),
  });
}
