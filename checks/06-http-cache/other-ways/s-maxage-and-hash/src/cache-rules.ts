import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';

const forShop = 's-maxage=20, max-age=0, stale-while-revalidate=120, stale-if-error=600';

/** Says what may be kept when it is known how the request ended. */
export const cacheRules: RequestHandler = (req, res, next) => {
  const { writeHead } = res;
  res.writeHead = ((...args: Parameters<typeof writeHead>) => {
    const good = [200, 304].includes(res.statusCode);
    if (!good || res.hasHeader('Set-Cookie')) res.setHeader('Cache-Control', 'no-store');
    else if (req.path === '/me') res.setHeader('Cache-Control', 'no-store');
    else if (req.path.startsWith('/events')) res.setHeader('Cache-Control', forShop);
    else res.setHeader('Cache-Control', 'max-age=31536000, immutable');
    return Reflect.apply(writeHead, res, args);
  }) as typeof writeHead;
  next();
};

const mostHashes = 5_000;

/** Which hash the answer has that was made from a version. */
export class Hashes {
  readonly #byVersion = new Map<string, string>();

  known(version: string): string | undefined {
    return this.#byVersion.get(version);
  }

  remember(version: string, body: string): string {
    const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    this.#byVersion.set(version, tag);
    for (const oldest of this.#byVersion.keys()) {
      if (this.#byVersion.size <= mostHashes) break;
      this.#byVersion.delete(oldest);
    }
    return tag;
  }
}
