import { Server, type Socket } from 'node:net';
import { createApp } from './app.ts';
import { closePool } from './search-pool.ts';

/** Longer than a full line takes: 32 searches wait, and on one slow core each takes half a second. */
const DRAIN_TIMEOUT_MS = 30_000;
const port = Number(process.env.PORT ?? 3000);

const server = createApp().listen(port, () => {
  console.log(`best seats on port ${port}`);
});

let draining = false;
/** How many requests of a connection have no answer yet. */
const open = new Map<Socket, number>();

server.on('request', ({ socket }, res) => {
  open.set(socket, (open.get(socket) ?? 0) + 1);
  res.once('close', () => open.set(socket, (open.get(socket) ?? 1) - 1));
});
server.on('connection', (socket) => socket.once('close', () => open.delete(socket)));

// Not `once`: a second SIGTERM without a listener would end the process at once.
process.on('SIGTERM', () => {
  if (draining) return;
  draining = true;
  // No new connections; the callback comes when the last one is closed.
  Server.prototype.close.call(server, async () => {
    await closePool();
    process.exit(0);
  });
  // A kept-alive connection would hold the server open for seconds after its last answer.
  setInterval(() => {
    for (const [socket, requests] of open) if (requests === 0) socket.destroySoon();
  }, 100).unref();
  setTimeout(() => {
    console.error(`drain: searches still run after ${DRAIN_TIMEOUT_MS} ms`);
    process.exit(1);
  }, DRAIN_TIMEOUT_MS).unref();
});
