import type { Request, RequestHandler, Response } from 'express';

/** Seconds: a year, which in HTTP means forever. */
const year = 31_536_000;

/** Who may use a copy, and for how long. */
const rules = {
  /** The same for everybody: half a minute as it is, then five minutes while the next copy is fetched. */
  public: 'public, max-age=30, stale-while-revalidate=300',
  /** One customer's. Their browser may keep it, and must ask before it shows it again. */
  private: 'private, no-cache',
  /** The address contains the version, so what is there never changes. */
  forever: `public, max-age=${year}, immutable`,
  /** A stable address, whose content may change tomorrow. */
  askFirst: 'no-cache',
  /** For this visitor, this once. */
  never: 'no-store',
} as const;

/** No cache keeps an answer unless its route says that it may: so errors and forgotten routes are safe. */
export const keepNothing: RequestHandler = (_req, res, next) => {
  mayKeep(res, 'never');
  next();
};

/** Says how an answer may be kept. */
export function mayKeep(res: Response, rule: keyof typeof rules): void {
  res.set('Cache-Control', rules[rule]);
}

/** Goes up with a deploy that shows the same data in another way. */
const release = 'r1';

/**
 * An ETag for an answer that depends on the version of the data, on what is named here, and on nothing else. Weak, because a
 * compressing proxy may change the bytes.
 */
export function tagOf(version: string, ...dependsOn: string[]): string {
  return `W/"${[release, version, ...dependsOn].join('.')}"`;
}

/** Whether the browser or CDN that asks has the answer with this tag. */
export function hasTag(req: Request, tag: string): boolean {
  const tags = (req.headers['if-none-match'] ?? '').split(',').map((one) => strong(one.trim()));
  return tags.includes(strong(tag)) || tags[0] === '*';
}

/** W/"x" and "x" are compared without the W/ (RFC 9110, section 13.1.2). */
function strong(tag: string): string {
  return tag.replace(/^W\//, '');
}
