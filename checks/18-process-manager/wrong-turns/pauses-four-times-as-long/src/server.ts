import cluster from 'node:cluster';
import type { Server } from 'node:http';
import { Server as TcpServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createApp } from './app.ts';
import { connectRedis } from './redis.ts';
import { readSettings, type Settings } from './settings.ts';
import { SoldOut } from './sold-out.ts';

const port = Number(process.env.PORT ?? 3000);
const settings = await settingsAtLast();
const redis = connectRedis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
const soldOut = new SoldOut();

await soldOut.load(redis); // From listen on, a worker gets its share of the requests.

const server: Server = createApp({ redis, settings, soldOut }).listen(port, (error) => {
  if (error) throw error;
  console.log(`[${process.pid}] ticket desk on port ${port}`);
  process.send?.('ready');
});

// PM2 asks with SIGINT, and kills after kill_timeout. No new connections, then: but server.close() would break those that are
// open and whose request is still on its way, so only its half that is older than HTTP is called.
process.on('SIGINT', () => {
  TcpServer.prototype.close.call(server, () => cluster.worker?.disconnect()); // When what is in flight is answered.
  process.once('disconnect', () => process.exit(0)); // PM2 has said that it hands over nothing more.
  setInterval(() => server.closeIdleConnections(), 500).unref();
});

/** PM2 keeps a process whose module throws. This one waits until the settings can be read. */
async function settingsAtLast(): Promise<Settings> {
  for (let pauseMs = 1_000; ; pauseMs = Math.min(4 * pauseMs, 60_000)) {
    try {
      return readSettings(process.env.SETTINGS_FILE ?? new URL('./settings.json', import.meta.url));
    } catch (error) {
      console.error(`[${process.pid}] no settings: ${error}`);
      await delay(pauseMs);
    }
  }
}
