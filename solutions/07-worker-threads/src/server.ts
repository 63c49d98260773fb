import { createApp } from './app.ts';
import { closePool } from './search-pool.ts';

/** Longer than a full line takes: 32 searches wait, and on one slow core each takes half a second. */
const DRAIN_TIMEOUT_MS = 30_000;
const port = Number(process.env.PORT ?? 3000);

const server = createApp().listen(port, () => {
  console.log(`best seats on port ${port}`);
});

let draining = false;

// Not `once`: a second SIGTERM without a listener would end the process at once.
process.on('SIGTERM', () => {
  if (draining) return;
  draining = true;
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
