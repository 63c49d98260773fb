import { createApp } from './app.ts';
import { openPool } from './db.ts';
import { Drain, drainOnSignal } from './drain.ts';
import { log } from './log.ts';
import { connectRedis, redisReady } from './redis.ts';
import { report, reportRegularly } from './reports.ts';
import { settings } from './settings.ts';

/** Serves customers on PORT until SIGTERM. */
export async function startWeb(): Promise<void> {
  const { port, drainDelayMs, shutdownTimeoutMs } = settings;
  const redis = connectRedis(settings.redisUrl);
  const pool = openPool(settings.databaseUrl);
  const drain = new Drain();
  // The first customer should not wait for connections, nor be told that there are none.
  await Promise.all([redisReady(redis, { deadlineMs: 2_000 }), pool.query('SELECT 1').catch(() => {})]);
  const server = createApp({ pool, redis, drain }).listen(port, () => log(`shop on port ${port}`));
  server.keepAliveTimeout = 65_000; // The balancer closes idle connections after 5 s. It must be the first to do so.
  reportRegularly();
  drainOnSignal({
    drain,
    server,
    delayMs: drainDelayMs,
    timeoutMs: shutdownTimeoutMs,
    ending: async (how) => {
      log(how);
      redis.disconnect(); // After the requests, which need it.
      await report();
    },
  });
}
