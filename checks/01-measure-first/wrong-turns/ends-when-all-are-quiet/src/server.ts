import type { Socket } from 'node:net';
import { createApp } from './app.ts';
import { createCatalogue } from './catalogue.ts';

const quietMs = 2_000;
const port = Number(process.env.PORT ?? 3000);

const server = createApp({ catalogue: createCatalogue() }).listen(port, () =>
  console.log(`shop listening on port ${port}`),
);
const heardAt = new Map<Socket, number>();

server.on('connection', (socket) => {
  heardAt.set(socket, performance.now());
  socket.on('data', () => heardAt.set(socket, performance.now()));
  socket.on('close', () => heardAt.delete(socket));
});

// Whoever is still sending may finish.
process.on('SIGTERM', () => {
  server.close();
  setInterval(() => {
    for (const [socket, at] of heardAt) if (performance.now() - at > quietMs) socket.destroy();
  }, 100).unref();
});
