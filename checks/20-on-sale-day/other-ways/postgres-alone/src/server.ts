import cluster from 'node:cluster';
import { runPrimary } from './primary.ts';
import { settings } from './settings.ts';

if (cluster.isPrimary) {
  runPrimary({
    workers: settings.workers,
    metricsPort: settings.metricsPort,
    // A worker keeps to its own time. This is for one that can't.
    killAfterMs: settings.shutdownTimeoutMs + 500,
  });
} else {
  // The primary needs none of it: no connections, and no thread for tickets.
  const { startWeb } = await import('./web.ts');
  await startWeb();
}
