import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { eventsRouter } from './events.ts';
import { log } from './log.ts';
import { measure } from './metrics.ts';
import { ordersRouter } from './orders.ts';
import { type Supplier, SupplierError } from './supplier.ts';

export interface AppOptions {
  supplier: Supplier;
}

/** Encore's shop. The box office has the events; the shop shows and sells them. */
export function createApp({ supplier }: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(measure);

  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });

  app.get('/seats', async (_req, res) => {
    const { seatsLeft } = await supplier.stats();
    res.json({ seatsLeft });
  });

  app.use('/events', eventsRouter(supplier));
  app.use('/orders', ordersRouter(supplier));

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
