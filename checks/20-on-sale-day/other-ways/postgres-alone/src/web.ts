import { createApp } from './app.ts';
import { openPool } from './db.ts';
import { Drain, drainOnSignal } from './drain.ts';
import { log } from './log.ts';
import { report, reportRegularly } from './reports.ts';
import { settings } from './settings.ts';

/** Serves customers on PORT until SIGTERM. */
export async function startWeb(): Promise<void> {
  const { port, drainDelayMs, shutdownTimeoutMs } = settings;
  const pool = openPool(settings.databaseUrl);
  const drain = new Drain();
  // The first customer should not wait for connections, nor be told that there are none.
  await pool.query('SELECT 1').catch(() => {});
  const server = createApp({ pool, drain }).listen(port, () => log(`shop on port ${port}`));
  server.keepAliveTimeout = 65_000; // The balancer closes idle connections after 5 s. It must be the first to do so.
  reportRegularly();
  drainOnSignal({
    drain,
    server,
    delayMs: drainDelayMs,
    timeoutMs: shutdownTimeoutMs,
    ending: async (how) => {
      log(how);
      await report();
    },
  });
}
