import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import { requestId } from './context.ts';
import { feeCents } from './fees.ts';
import { log } from './log.ts';
import { invalidFields, type Order } from './order.ts';
import { askSupplier, type ShowEvent } from './supplier.ts';

export interface AppOptions {
  planFile: string;
  refreshMs: number;
}

export function createApp({ planFile, refreshMs }: AppOptions) {
  const app = express();
  app.disable('x-powered-by');
  app.use(identify);
  app.use(express.json());

  let seatsLeft: number | null = null;
  const refresh = () =>
    askSupplier<{ seatsLeft: number }>('GET', '/stats').then(
      (stats) => {
        seatsLeft = stats.seatsLeft;
      },
      (error) => log('error', { msg: 'refresh failed' }, error),
    );
  void refresh();
  setInterval(refresh, refreshMs);

  app.get('/seats', (_req, res) => void res.json({ seatsLeft }));
  app.get('/events/:id', async (req, res) => void res.json(await eventOf(req.params.id)));
  app.post('/orders', async (req, res) => {
    const errors = invalidFields(req.body);
    if (errors.length > 0) return sendProblem(res, 400, { errors });
    const { event: id, seats } = req.body as Order;
    const event = await eventOf(id);
    const totalCents = seats * (event.priceCents + (feeCents(event.city) ?? 0));
    const order = { order: randomUUID(), event: id, seats, totalCents };
    res.status(201).json(order);
    askSupplier('POST', '/audit', order).catch((error) => log('error', { msg: 'audit failed' }, error));
  });
  app.get('/fees/:city', (req, res) => {
    const { city } = req.params;
    const fee = feeCents(city);
    if (fee === undefined) sendProblem(res, 404);
    else res.json({ city, feeCents: fee });
  });
  app.get('/plan', async (_req, res) => void res.type('text').send(await readFile(planFile, 'utf8')));
  app.get('/export/:city', async (req, res) => {
    const lines: string[] = [];
    for (let page = 1, pages = 1; page <= pages; page++) {
      const query = new URLSearchParams({ city: req.params.city, page: `${page}` });
      const listing = await askSupplier<{ pages: number; events: ShowEvent[] }>('GET', `/events?${query}`);
      pages = listing.pages;
      lines.push(...listing.events.map((event) => `${JSON.stringify(event)}\n`));
    }
    res.type('application/x-ndjson').send(lines.join(''));
  });

  app.use((_req: Request, res: Response) => sendProblem(res, 404));
  app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    const { status = 500, retryAfter } = (error ?? {}) as { status?: number; retryAfter?: string };
    if (res.closed && !res.writableFinished) return; // Whoever asked has gone, and has their line.
    if (status >= 500) log('error', { msg: 'request failed' }, error);
    if (res.headersSent) return void res.socket?.destroy();
    if (retryAfter) res.set('Retry-After', retryAfter);
    sendProblem(res, status);
  });
  return app;
}

function eventOf(id: string): Promise<ShowEvent> {
  return askSupplier('GET', `/events/${encodeURIComponent(id)}`);
}

/** The rest of the request runs in a context that holds its id. */
function identify(req: Request, res: Response, next: NextFunction): void {
  const sent = req.get('x-request-id') ?? '';
  const id = /^[\w.-]{1,64}$/.test(sent) ? sent : randomUUID();
  const startedAt = performance.now();
  res.set('X-Request-Id', id);
  res.locals.id = id;
  requestId.run(id, () => {
    res.once('close', () => {
      const ms = Math.round((performance.now() - startedAt) * 10) / 10;
      const status = res.writableFinished ? res.statusCode : 499;
      requestId.run(id, () => log('info', { method: req.method, route: req.route?.path, status, ms }));
    });
    next();
  });
}

function sendProblem(res: Response, status: number, more: object = {}): void {
  const body = JSON.stringify({ title: STATUS_CODES[status] ?? 'Error', status, requestId: res.locals.id, ...more });
  res.status(status).set('Content-Type', 'application/problem+json').end(body);
}
