import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Redis } from 'ioredis';
import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const requestTimeoutMs = Number(process.env.REQUEST_TIMEOUT_MS ?? 10_000);
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
redis.on('error', (error) => console.error(`redis: ${error.message}`));

// Node looks at late requests every 30 s.
const server = createServer({ requestTimeout: 0, headersTimeout: 0 }, createApp({ redis }));

/** What came first on each connection. */
const requests = new WeakMap<Socket, IncomingMessage>();

server.on('request', (req) => {
  if (!requests.has(req.socket)) requests.set(req.socket, req);
});

server.on('connection', (socket) => {
  const late = setTimeout(() => {
    if (!requests.get(socket)?.complete) socket.destroy();
  }, requestTimeoutMs);
  socket.once('close', () => clearTimeout(late));
});

server.listen(port, () => console.log(`shop listening on port ${port}`));
