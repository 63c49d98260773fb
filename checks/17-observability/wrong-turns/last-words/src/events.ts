import type { RequestHandler } from 'express';
import type { Supplier } from './supplier.ts';

/** What is on. */
export function list(supplier: Supplier): RequestHandler {
  return async (req, res) => {
    const city = String(req.query.city ?? '');
    const { events } = await supplier.events(city);
    res.json(events);
  };
}

/** One of them with its seats. */
export function one(supplier: Supplier): RequestHandler {
  return async (req, res) => {
    res.json(await supplier.event(String(req.params.id)));
  };
}
