import { createServer } from 'node:http';
import { createApp } from './app.ts';
import { log } from './log.ts';

const port = Number(process.env.PORT ?? 3000);
const planFile = process.env.PLAN_FILE ?? 'plan.txt';
const refreshMs = Number(process.env.REFRESH_MS ?? 30_000);
const drainTimeoutMs = Number(process.env.DRAIN_TIMEOUT_MS ?? 5_000);

let inFlight = 0;
let dying = false;
const app = createApp({ planFile, refreshMs });
const server = createServer((req, res) => {
  if (dying) return void res.writeHead(503, { connection: 'close' }).end();
  inFlight++;
  res.once('close', () => {
    inFlight--;
    exitOnceIdle();
  });
  app(req, res);
});
server.listen(port, () => log('info', { msg: `order desk listening on port ${port}` }));

function exitOnceIdle(): void {
  if (dying && inFlight === 0) setImmediate(() => process.exit(1));
}

process.on('uncaughtException', (error) => {
  log('fatal', { msg: 'nobody caught this' }, error);
  if (dying) return;
  dying = true;
  setTimeout(() => process.exit(1), drainTimeoutMs);
  exitOnceIdle();
});
