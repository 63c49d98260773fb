import type { Request } from 'express';

const mostBytes = 256 * 1024;

/** The body of an upload, of which nothing is kept once it is too large. */
export async function readImage(req: Request): Promise<Buffer | 'too large'> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req) {
    bytes += chunk.length;
    chunks = bytes > mostBytes ? [] : [...chunks, chunk];
  }
  return bytes > mostBytes ? 'too large' : Buffer.concat(chunks);
}
