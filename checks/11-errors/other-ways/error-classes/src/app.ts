import express, { type NextFunction, type Request, type Response } from 'express';
import { asAppError, NotFound } from './errors.ts';
import { log, logRequests } from './log.ts';
import { routes } from './routes.ts';
import type { Supplier } from './supplier.ts';

export interface AppOptions {
  supplier: Supplier;
  planFile: string;
  refreshMs: number;
}

export function createApp({ supplier, planFile, refreshMs }: AppOptions) {
  const app = express();
  app.disable('x-powered-by');
  app.use(logRequests, express.json());

  let seatsLeft: number | null = null;
  const refresh = async () => {
    try {
      ({ seatsLeft } = await supplier.stats());
    } catch (err) {
      log.error({ err }, 'refresh failed');
    }
    setTimeout(refresh, refreshMs);
  };
  void refresh();
  app.get('/seats', (_req, res) => void res.json({ seatsLeft }));

  app.use(routes({ supplier, planFile }));
  app.use((_req, _res, next) => next(new NotFound('no such route')));
  app.use((thrown: unknown, _req: Request, res: Response, next: NextFunction) => {
    const error = asAppError(thrown);
    const gone = res.closed && !res.writableFinished;
    if (error.status >= 500 && !gone) res.locals.log.error({ err: error }, 'request failed');
    if (gone) return;
    if (res.headersSent) return void res.destroy();
    for (const [name, value] of Object.entries(error.headers())) res.set(name, value);
    const { status, title } = error;
    res.status(status).type('application/problem+json');
    res.send(JSON.stringify({ type: 'about:blank', title, status, requestId: res.locals.id, ...error.members() }));
    void next;
  });
  return app;
}
