import express from 'express';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { keepNothing } from './caching.ts';
import type { ConfirmationQueue } from './confirmation-queue.ts';
import { Customers } from './customers.ts';
import type { Drain } from './drain.ts';
import { Events } from './events.ts';
import { limitLogins } from './login-limit.ts';
import { measure } from './metrics.ts';
import { Orders } from './orders.ts';
import { Prices } from './prices.ts';
import { notFound, problemHandler } from './problems.ts';
import { accountRoutes } from './routes/account.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { orderRoutes } from './routes/orders.ts';
import { sessions } from './sessions.ts';
import { settings } from './settings.ts';
import { follow } from './trail.ts';

export interface ShopOptions {
  pool: Pool;
  redis: Redis;
  drain: Drain;
  queue: ConfirmationQueue;
}

/** Encore's shop: the programme, the customers and their orders. */
export function createApp({ pool, redis, drain, queue }: ShopOptions) {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', 1); // One balancer. TLS ends there.
  app.use(measure);
  app.use(drain.count);
  app.use(keepNothing);
  app.use(express.json());

  app.use(healthRoutes(drain));
  app.use('/events', eventRoutes(new Events(pool), new Prices(settings.supplierUrl, redis)));
  app.use(['/login', '/me', '/orders'], sessions(settings.sessionSecret), follow);
  app.use(accountRoutes(new Customers(pool), limitLogins(redis)));
  app.use('/orders', orderRoutes(new Orders(pool), queue));

  app.use(notFound);
  app.use(problemHandler);
  return app;
}
