import { createServer } from 'node:http';
import type { Socket } from 'node:net';

const quietMs = 1_000;
const heardAt = new Map<Socket, number>();

const server = createServer((_req, res) => {
  res.end('well');
}).listen(Number(process.env.PORT));

server.on('connection', (socket) => {
  heardAt.set(socket, performance.now());
  socket.on('data', () => heardAt.set(socket, performance.now()));
  socket.on('close', () => heardAt.delete(socket));
});

process.on('SIGTERM', () => {
  server.close();
  setInterval(() => {
    for (const [socket, at] of heardAt) if (performance.now() - at > quietMs) socket.destroy();
  }, 50).unref();
});
