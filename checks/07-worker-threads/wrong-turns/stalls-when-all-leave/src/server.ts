import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createApp } from './app.ts';
import { Pool } from './pool.ts';

const port = Number(process.env.PORT ?? 3000);
const pool = new Pool();
const app = createApp(pool);
const open = new Set<ServerResponse>();
let stopping = false;

const server = createServer((req, res) => {
  open.add(res);
  if (stopping) res.setHeader('Connection', 'close');
  res.on('close', () => {
    open.delete(res);
    exitWhenDone();
  });
  app(req, res);
});

server.listen(port, () => {
  console.log(`best seats on port ${port}`);
});

process.on('SIGTERM', () => {
  stopping = true;
  server.close();
  exitWhenDone();
});

function exitWhenDone(): void {
  if (!stopping || open.size > 0) return;
  server.closeAllConnections();
  process.exit(0);
}
