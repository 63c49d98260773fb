import type { Request, Response } from 'express';

/** Seconds: a year, which is as long as "for ever" gets in HTTP. */
const year = 31_536_000;

/** How long which copy may be used, and by whom. Whoever says nothing leaves it to each cache to guess. */
const rules = {
  /** The same for everybody: half a minute as it is, then five minutes while the next one is fetched. */
  public: 'public, max-age=30, stale-while-revalidate=300',
  /** One customer's. Their browser may keep it, and must ask before it shows it again. */
  private: 'public, max-age=0',
  /** The address has the version in it, so what is behind it never changes. */
  forever: `public, max-age=${year}, immutable`,
  /** Behind a stable address stands what may change tomorrow. */
  askFirst: 'no-cache',
  /** For this visitor, this once. */
  never: 'no-store',
} as const;

/** Says how an answer may be kept. */
export function mayKeep(res: Response, rule: keyof typeof rules): void {
  res.set('Cache-Control', rules[rule]);
}

/**
 * An entity tag for what depends on the version of the data and on nothing else but what is named here. Weak, since a
 * compressing proxy may change the bytes. `release` goes up with a deploy that shows the same data in another way.
 */
export function tagOf(version: string, ...dependsOn: string[]): string {
  return `W/"${[release, version, ...dependsOn].join('.')}"`;
}

const release = 'r1';

/** Whether the browser or CDN that asks has this very version. Then 304 says so, and nothing has to be made. */
export function hasIt(req: Request, res: Response, tag: string): boolean {
  res.set('ETag', tag);
  return req.fresh;
}
