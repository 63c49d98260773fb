import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';

const limit = 16_384;
const utf8 = new TextDecoder('utf-8', { fatal: true });

export async function readJson(req: IncomingMessage): Promise<unknown> {
  const [type] = (req.headers['content-type'] ?? '').split(';', 1);
  if (type?.trim().toLowerCase() !== 'application/json') throw new Refusal(415);
  if ((req.headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') throw new Refusal(415);
  if (Number(req.headers['content-length']) > limit) throw new Refusal(413);
  const chunks: Buffer[] = [];
  let length = 0;
  // The loop ends the request when it is left early, so it must not be the one that is iterated over by itself.
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > limit) throw new Refusal(413);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(utf8.decode(Buffer.concat(chunks)));
  } catch {
    throw new Refusal(400);
  }
}

type Kind = (value: unknown) => boolean;

export const text =
  (atMost: number): Kind =>
  (value) =>
    typeof value === 'string' && value !== '' && [...value].length <= atMost;

export const whole =
  (atMost: number): Kind =>
  (value) =>
    typeof value === 'number' && value % 1 === 0 && value >= 1 && value <= atMost;

/** The fields of a body as a Map, where no name means anything. */
export function fieldsOf(body: unknown, kinds: Map<string, Kind>): Map<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Refusal(400);
  const fields = new Map<string, unknown>(Object.entries(body));
  const names = new Set([...kinds.keys(), ...fields.keys()]);
  const wrong = [...names].filter((name) => !kinds.get(name)?.(fields.get(name)));
  if (wrong.length > 0) throw new Refusal(400, wrong);
  return fields;
}
