import { once } from 'node:events';
import type { Response } from 'express';

export async function sendAll(rows: Iterable<string>, res: Response, signal: AbortSignal): Promise<void> {
  try {
    for (const row of rows) if (!res.write(row)) await once(res, 'drain', { signal });
    res.end();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
