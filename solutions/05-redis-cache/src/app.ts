import express, { type NextFunction, type Request, type Response } from 'express';
import { NoAnswerError } from './no-answer-error.ts';
import { type EventChange, type Supplier, SupplierError } from './supplier.ts';

/** The ticket shop's events, and how the sale is going. The box office has them; the shop asks it. */
export function createApp({ supplier }: { supplier: Supplier }) {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  app.get('/stats', async (_req, res) => {
    res.json(await supplier.stats());
  });

  app.get('/events/:id', async (req, res) => {
    const event = await supplier.event(req.params.id);
    if (event) res.json(event);
    else res.status(404).json({ error: 'no such event' });
  });

  app.put('/events/:id', async (req, res) => {
    const change = parseChange(req.body);
    if (!change) {
      res.status(400).json({ error: 'title and city must be text, priceCents and seatsLeft whole numbers from 0' });
      return;
    }
    const event = await supplier.change(req.params.id, change);
    if (event) res.json(event);
    else res.status(404).json({ error: 'no such event' });
  });

  app.use((error: Error, _req: Request, res: Response, next: NextFunction) => {
    if (!(error instanceof SupplierError || error instanceof NoAnswerError)) return next(error);
    res.status(502).json({ error: 'the box office does not answer, please try again' });
  });

  return app;
}

/** What may be changed in an event, or undefined if the body asks for anything else. */
function parseChange(body: unknown): EventChange | undefined {
  const { title, city, priceCents, seatsLeft } = (body ?? {}) as Record<string, unknown>;
  if ([title, city].some((text) => text !== undefined && typeof text !== 'string')) return undefined;
  if (![priceCents, seatsLeft].every((number) => number === undefined || isCount(number))) return undefined;
  return JSON.parse(JSON.stringify({ title, city, priceCents, seatsLeft }));
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}
