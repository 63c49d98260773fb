import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import * as events from './events.ts';
import { log } from './log.ts';
import { measureRequests, setRoute } from './metrics.ts';
import { sell } from './orders.ts';
import { type Supplier, SupplierError } from './supplier.ts';

export interface AppOptions {
  supplier: Supplier;
}

/** Encore's shop. The box office has the events; the shop shows and sells them. */
export function createApp({ supplier }: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(measureRequests);

  /** The one place where routes are declared: each with the name that it has in the metrics. */
  const route = (method: 'get' | 'post', path: string, ...handlers: RequestHandler[]) =>
    app[method](path, setRoute(path), ...handlers);

  route('get', '/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  route('get', '/seats', async (_req, res) => {
    const { seatsLeft } = await supplier.stats();
    res.json({ seatsLeft });
  });

  route('get', '/events', events.list(supplier));
  // The name comes before the parameter is decoded, which fails for what is no URL encoding.
  app.use(/^\/events\/[^/]+\/?$/i, setRoute('/events/:id', 'GET', 'HEAD'));
  route('get', '/events/:id', events.one(supplier));

  route('post', '/orders', express.json(), sell(supplier));

  app.use((_req, res) => {
    res.status(404).json({ error: 'no such page' });
  });

  app.use((error: Error & { status?: number }, req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent) return next(error);
    if (error instanceof SupplierError) {
      log(`${req.method} ${req.originalUrl}: ${error.message}`);
      res.status(error.status === 404 ? 404 : 502).json({ error: error.message });
      return;
    }
    const status = error.status ?? 500;
    if (status >= 500) log(`${req.method} ${req.originalUrl}: ${error.stack}`);
    res.status(status).json({ error: status >= 500 ? 'something went wrong' : error.message });
  });

  return app;
}
