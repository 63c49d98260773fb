import { createApp } from './app.ts';
import { closePool } from './search-pool.ts';

/** Longer than a full line takes, also on a slow machine. */
const DRAIN_TIMEOUT_MS = 30_000;
const port = Number(process.env.PORT ?? 3000);

const server = createApp().listen(port, () => {
  console.log(`best seats on port ${port}`);
});

process.once('SIGTERM', () => {
  // No new connections; the callback comes when the last one is closed.
  server.close(async () => {
    await closePool();
    process.exit(0);
  });
  // A kept-alive connection would hold the server open for seconds after its last answer.
  setInterval(() => server.closeIdleConnections(), 100).unref();
  setTimeout(() => {
    console.error(`drain: searches still run after ${DRAIN_TIMEOUT_MS} ms`);
    process.exit(1);
  }, DRAIN_TIMEOUT_MS).unref();
});
