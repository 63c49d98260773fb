import { once } from 'node:events';
import express from 'express';
import { answerError, HttpError, lastErrors } from './errors.ts';
import { eventById, rowsOf, type ShowEvent } from './hall.ts';
import { board, whileUnderWay } from './lifetime.ts';
import { stream, tellStreams } from './live.ts';

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

/** Encore's live desk: what is sold, what is left, and who is told. */
export function createApp({ heartbeatMs }: { heartbeatMs: number }) {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());
  app.use(express.raw({ type: 'image/png', limit: '256kb' }));

  const posters = new Map<string, Buffer>();

  const eventOf = (id: unknown): ShowEvent => {
    const event = eventById(id);
    if (!event) throw new HttpError(404, 'There is no such event.');
    return event;
  };

  app.get(
    '/events/:id',
    whileUnderWay((req, res) => {
      res.json(eventOf(req.params.id));
    }),
  );

  app.post(
    '/events/:id/sales',
    whileUnderWay((req, res) => {
      const event = eventOf(req.params.id);
      const seats = req.body?.seats;
      if (!Number.isInteger(seats) || seats < 1 || seats > 20)
        throw new HttpError(400, 'seats must be a whole number from 1 to 20.');
      // Encore always has another row of chairs.
      event.seatsLeft = event.seatsLeft >= seats ? event.seatsLeft - seats : event.rows * event.seatsInRow;
      const sale = { event: event.id, seatsLeft: event.seatsLeft };
      tellStreams(sale);
      res.status(201).json(sale);
    }),
  );

  app.get(
    '/events/:id/live',
    whileUnderWay(async (req, res, over) => {
      await stream(eventOf(req.params.id), res, heartbeatMs, over);
    }),
  );

  app.put(
    '/events/:id/poster',
    whileUnderWay((req, res) => {
      const event = eventOf(req.params.id);
      const image: unknown = req.body;
      if (!Buffer.isBuffer(image) || !image.subarray(0, 4).equals(pngSignature))
        throw new HttpError(415, 'A poster must be a PNG image.');
      posters.set(event.id, image);
      res.status(204).end();
    }),
  );

  app.get(
    '/events/:id/poster',
    whileUnderWay((req, res) => {
      const poster = posters.get(eventOf(req.params.id).id);
      if (!poster) throw new HttpError(404, 'This event has no poster.');
      res.type('png').send(poster);
    }),
  );

  app.post(
    '/exports',
    whileUnderWay(async (req, res, over) => {
      const event = eventOf(req.body?.event);
      res.type('application/x-ndjson');
      for (const row of rowsOf(event)) if (!res.write(row)) await once(res, 'drain', { signal: over });
      res.end();
    }),
  );

  app.get('/under-way', (_req, res) => {
    res.json(board());
  });

  app.get('/errors', (_req, res) => {
    res.json(lastErrors());
  });

  app.use(answerError);
  return app;
}
