import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';

const forShop = 's-maxage=20, max-age=0, stale-while-revalidate=120, stale-if-error=600';

const byRoute = new Map<unknown, string>([
  ['/events', forShop],
  ['/events/:id', forShop],
  ['/venues/:id/map.svg', 'max-age=31536000, immutable'],
]);

/** Says what may be kept when it is known how the request ended. */
export const cacheRules: RequestHandler = (req, res, next) => {
  const { writeHead } = res;
  res.writeHead = ((...args: Parameters<typeof writeHead>) => {
    const good = [200, 304].includes(res.statusCode);
    // The route that has matched, because an address has more than one spelling.
    const rule = byRoute.get(req.route?.path);
    res.setHeader('Cache-Control', good && rule && !res.hasHeader('Set-Cookie') ? rule : 'no-store');
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
