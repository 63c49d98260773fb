import { createApp } from './app.ts';
import { log } from './log.ts';
import { Supplier } from './supplier.ts';

const {
  PORT = '3000',
  SUPPLIER_URL = 'http://127.0.0.1:4000',
  SUPPLIER_TOKEN = '',
  PLAN_FILE = 'plan.txt',
} = process.env;
const timeoutMs = Number(process.env.SUPPLIER_TIMEOUT_MS ?? 5_000);
const refreshMs = Number(process.env.REFRESH_MS ?? 30_000);
const drainTimeoutMs = Number(process.env.DRAIN_TIMEOUT_MS ?? 5_000);

const supplier = new Supplier({ url: SUPPLIER_URL, token: SUPPLIER_TOKEN, timeoutMs });
const server = createApp({ supplier, planFile: PLAN_FILE, refreshMs }).listen(Number(PORT), () =>
  log.info(`order desk listening on port ${PORT}`),
);

const drained = Promise.withResolvers<void>();
process.on('uncaughtException', (err) => {
  log.fatal({ err }, 'uncaught');
  if (!server.listening) return;
  server.removeAllListeners('request').on('request', (_req, res) => res.writeHead(503, { connection: 'close' }).end());
  server.close(() => drained.resolve());
  setTimeout(drained.resolve, drainTimeoutMs);
  void drained.promise.then(() => process.exit(1));
});
