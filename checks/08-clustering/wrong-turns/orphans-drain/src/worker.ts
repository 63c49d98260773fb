import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { createApp } from './app.ts';
import { openCounter } from './counter.ts';
import { readEvents } from './events.ts';
import { log } from './log.ts';

const events = readEvents(process.env.EVENTS_FILE ?? new URL('./events.json', import.meta.url));
const counter = openCounter(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
const server = createServer(createApp(events, counter));
let open = 0;
let stopping = false;

server.on('request', (_req, res) => {
  open++;
  res.on('close', () => {
    open--;
    if (stopping && open === 0) process.exit(0);
  });
});
process.on('message', (message, connection?: unknown) => {
  if (message === 'stop') stop();
  const socket = connection as Socket | undefined; // Undefined, too, when the client left on the way here.
  if (!socket) return;
  server.emit('connection', socket);
  socket.resume();
});
// A signal to the whole process group is as good as the message.
process.on('SIGTERM', stop);
// Without a primary nobody asks for more: what was begun is finished.
process.on('disconnect', stop);
process.send?.('serving');
log('serving');

function stop(): void {
  stopping = true;
  if (open === 0) process.exit(0);
}
