import type { IncomingMessage } from 'node:http';
import { HttpError } from './errors.ts';

/** The whole body. What is too long is read to its end and thrown away, so that the client gets its answer. */
export async function bodyOf(req: IncomingMessage, limit: number): Promise<Buffer> {
  let chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req) {
    length += chunk.length;
    if (length > limit) chunks = [];
    else chunks.push(chunk);
  }
  if (length > limit) throw new HttpError(413, 'The body is too large.');
  return Buffer.concat(chunks);
}

export async function jsonOf(req: IncomingMessage): Promise<Record<string, unknown>> {
  const text = (await bodyOf(req, 100 * 1024)).toString();
  try {
    return Object(JSON.parse(text));
  } catch {
    throw new HttpError(400, 'The body is no JSON.');
  }
}
