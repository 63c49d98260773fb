import { createApp } from './app.ts';
import { openPool } from './db.ts';
import { log } from './log.ts';
import { createMailer } from './mailer.ts';
import { serveMetrics } from './metrics.ts';
import { connectRedis } from './redis.ts';
import { settings } from './settings.ts';

/** Serves customers on PORT, and Prometheus on METRICS_PORT. */
export function startWeb(): void {
  const { port, metricsPort } = settings;
  const app = createApp({
    pool: openPool(settings.databaseUrl),
    redis: connectRedis(settings.redisUrl),
    mailer: createMailer(settings.smtpUrl),
  });
  app.listen(port, () => log(`shop on port ${port}`));
  serveMetrics(metricsPort);
}
