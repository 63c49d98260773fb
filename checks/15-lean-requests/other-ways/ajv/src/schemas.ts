import { isUtf8 } from 'node:buffer';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { sendJson } from './send.ts';

const ajv = new Ajv({ allErrors: true });
const object = (properties: Record<string, unknown>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength });

export const order = ajv.compile<{ show: string; seats: number }>(
  object({ show: text(20), seats: { type: 'integer', minimum: 1, maximum: 8 } }),
);
export const visitor = ajv.compile<{ name: string }>(object({ name: text(60) }));
/** Queries may hold more than we know. */
export const cityQuery = ajv.compile<{ city?: string }>({ type: 'object', properties: { city: text(60) } });
export const searchQuery = ajv.compile<{ q: string }>({
  type: 'object',
  properties: { q: { ...text(60), pattern: '^[\\p{L}\\p{N}]+([ -][\\p{L}\\p{N}]+)*$' } },
  required: ['q'],
});

export class Refused extends Error {
  readonly status: number;
  readonly fields: string[];
  constructor(status: number, fields: string[] = []) {
    super(`refused with ${status}`);
    this.status = status;
    this.fields = fields;
  }
}

function fieldOf({ instancePath, params, keyword }: ErrorObject): string {
  if (keyword === 'required') return params.missingProperty;
  if (keyword === 'additionalProperties') return params.additionalProperty;
  return instancePath.split('/')[1] ?? '';
}

export function valid<T>(schema: ValidateFunction<T>, value: unknown): T {
  if (schema(value)) return value;
  const fields = (schema.errors ?? []).map(fieldOf).filter(Boolean);
  throw new Refused(400, [...new Set(fields)]);
}

const raw = express.raw({ type: 'application/json', limit: 16_384 });

/** Reads a body and validates it. */
export function body<T>(schema: ValidateFunction<T>): RequestHandler[] {
  const parse: RequestHandler = (req, res, next) => {
    if (!Buffer.isBuffer(req.body)) throw new Refused(415);
    if (!isUtf8(req.body)) throw new Refused(400);
    let sent: unknown;
    try {
      sent = JSON.parse(req.body.toString());
    } catch {
      throw new Refused(400);
    }
    res.locals.body = valid(schema, sent);
    next();
  };
  return [raw, parse];
}

export const refused: ErrorRequestHandler = (error, req, res, next) => {
  const status = Number(error.status);
  if (!(status >= 400 && status < 500)) return next(error);
  return sendJson(req, res.status(status), { error: error.message, fields: error.fields });
};
