/** What the CDN did with a request, and with the answer to it. */
export interface CdnVerdict {
  /**
   * `hit`: from a fresh copy. `stale`: from an old copy that the app allows. `revalidated`: from a copy, after the shop
   * said 304. `miss`: the shop's own answer.
   */
  served: 'hit' | 'stale' | 'revalidated' | 'miss';
  /** There is a copy now. */
  stored: boolean;
  /** Whether RFC 9111 lets a shared cache keep this answer, also where ours has nothing to gain from it. */
  mayStore: boolean;
  /** "Cache-Control: private"; empty for a hit. */
  why: string;
  /** How long the copy is fresh from now, in seconds; negative once it is not. */
  ttlS?: number;
  /** Why the shop was asked, in the words of RFC 9211. */
  forwarded?: 'miss' | 'stale' | 'request' | 'method';
}

/** The Cache-Status header of RFC 9211, which a `curl -i` shows. */
export function formatStatus(verdict: CdnVerdict, fwdStatus?: number): string {
  const { served, stored, mayStore, why, ttlS, forwarded = 'miss' } = verdict;
  const parts = ['encore'];
  if (served === 'hit' || served === 'stale') parts.push('hit');
  else parts.push(`fwd=${forwarded}`, `fwd-status=${fwdStatus}`);
  if (served === 'revalidated' || (served === 'miss' && stored)) parts.push('stored');
  if (stored && ttlS !== undefined) parts.push(`ttl=${Math.round(ttlS)}`);
  const detail = stored ? why : `${mayStore ? notStoredByChoice : notStored}: ${why}`;
  if (detail) parts.push(`detail="${detail.replaceAll(/["\\]/g, "'")}"`);
  return parts.join('; ');
}

const notStored = 'not stored';
const notStoredByChoice = 'not stored, though it may be';

/** @returns undefined where no CDN has been on the way. */
export function cdnVerdictOf({ headers }: { headers: Record<string, string | undefined> }): CdnVerdict | undefined {
  const header = headers['cache-status'];
  if (!header?.startsWith('encore;')) return undefined;
  const detail = /detail="([^"]*)"/.exec(header)?.[1] ?? '';
  const byChoice = detail.startsWith(`${notStoredByChoice}: `);
  const stored = !detail.startsWith(notStored);
  const ttl = /; ttl=(-?\d+)/.exec(header)?.[1];
  const isHit = /; hit(;|$)/.test(header);
  const revalidated = /; fwd=(stale|request); fwd-status=304; stored/.test(header);
  return {
    served: isHit ? (detail ? 'stale' : 'hit') : revalidated ? 'revalidated' : 'miss',
    stored,
    mayStore: stored || byChoice,
    why: detail.replace(/^not stored(, though it may be)?: /, ''),
    ...(ttl === undefined ? {} : { ttlS: Number(ttl) }),
  };
}

/** "miss, not stored: Cache-Control: private", for a line of a trail. */
export function cdnVerdictInWords({ served, stored, why }: CdnVerdict): string {
  if (served === 'miss') return stored ? 'miss, stored' : `miss, not stored: ${why}`;
  return served;
}
