import { createApp } from './app.ts';
import { exitOnFatal } from './fatal.ts';
import { log } from './log.ts';
import { Supplier } from './supplier.ts';

const port = Number(process.env.PORT ?? 3000);
const supplier = new Supplier({
  url: process.env.SUPPLIER_URL ?? 'http://127.0.0.1:4000',
  token: process.env.SUPPLIER_TOKEN ?? '',
  timeoutMs: Number(process.env.SUPPLIER_TIMEOUT_MS ?? 5_000),
});
const planFile = process.env.PLAN_FILE ?? 'plan.txt';
const refreshMs = Number(process.env.REFRESH_MS ?? 30_000);
const drainTimeoutMs = Number(process.env.DRAIN_TIMEOUT_MS) || 5_000;

const app = createApp({ supplier, planFile, refreshMs, log });
const server = app.listen(port, () => log.info(`order desk listening on port ${port}`));
exitOnFatal({ server, log, drainTimeoutMs });
