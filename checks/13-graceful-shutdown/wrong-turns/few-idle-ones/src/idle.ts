import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Beyond `most` idle connections, the one that has been idle longest is closed. */
export function keepFewIdle(server: Server, most: number): void {
  const idle = new Set<Socket>(); // In the order in which they became idle.
  server.on('connection', (socket) => socket.once('close', () => idle.delete(socket)));
  server.on('request', ({ socket }, res) => {
    idle.delete(socket);
    res.once('close', () => {
      if (socket.destroyed) return;
      idle.add(socket);
      const [oldest] = idle;
      if (idle.size > most) oldest?.end();
    });
  });
}
