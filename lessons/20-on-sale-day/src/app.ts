import express, { type ErrorRequestHandler } from 'express';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { Customers } from './customers.ts';
import { Events } from './events.ts';
import { log } from './log.ts';
import type { Mailer } from './mailer.ts';
import { measure } from './metrics.ts';
import { Orders } from './orders.ts';
import { Prices } from './prices.ts';
import { accountRoutes } from './routes/account.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { orderRoutes } from './routes/orders.ts';
import { sessions } from './sessions.ts';
import { settings } from './settings.ts';
import { follow, trailOf } from './trail.ts';

export interface ShopOptions {
  pool: Pool;
  redis: Redis;
  mailer: Mailer;
}

/** Encore's shop: the programme, the customers and their orders. */
export function createApp({ pool, redis, mailer }: ShopOptions) {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag'); // It hashes every answer, and the shop has to be fast.
  app.set('trust proxy', 1); // One balancer. TLS ends there.
  app.use(measure);
  app.use(express.json());
  app.use(sessions(settings.sessionSecret));
  app.use(follow);
  app.use((req, res, next) => {
    // The CDN takes what it can.
    if (req.method === 'GET') res.set('Cache-Control', 'public, max-age=60');
    next();
  });

  const events = new Events(pool);
  app.use(healthRoutes({ pool, redis }));
  app.use(accountRoutes(new Customers(pool)));
  app.use('/events', eventRoutes(events, new Prices(settings.supplierUrl)));
  app.use('/orders', orderRoutes({ orders: new Orders(pool), events, mailer }));

  app.use((_req, res) => {
    res.status(404).send('Not found');
  });

  const answerError: ErrorRequestHandler = (error, req, res, _next) => {
    // Support asks for the way that led to an error.
    log(`${req.method} ${req.originalUrl}: ${error.stack}\n  before: ${trailOf(req).join(', ')}`);
    res.status(500).send(`Something went wrong:\n${error.stack}`);
  };
  app.use(answerError);
  return app;
}
