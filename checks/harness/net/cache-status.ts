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
  /** How long the copy is fresh from now, in whole seconds; negative once it is not. */
  ttlS?: number;
  /** Why the shop was asked, in the words of RFC 9211. */
  forwarded?: 'miss' | 'stale' | 'request' | 'method';
}

/** Request header with a number of the visitor's own, by which it asks the CDN afterwards what became of the request. */
export const askedHeader = 'x-encore-asked';

/** The Cache-Status header of RFC 9211, which a `curl -i` shows. */
export function formatStatus(verdict: CdnVerdict, fwdStatus?: number): string {
  const { served, stored, mayStore, why, ttlS, forwarded = 'miss' } = verdict;
  const parts = ['encore'];
  if (served === 'hit' || served === 'stale') parts.push('hit');
  else parts.push(`fwd=${forwarded}`, `fwd-status=${fwdStatus}`);
  if (served === 'revalidated' || (served === 'miss' && stored)) parts.push('stored');
  if (stored && ttlS !== undefined) parts.push(`ttl=${ttlS}`);
  const detail = stored ? why : `not stored${mayStore ? ', though it may be' : ''}: ${why}`;
  if (detail) parts.push(`detail="${detail.replaceAll(/["\\]/g, "'")}"`);
  return parts.join('; ');
}

/** "miss, not stored: Cache-Control: private", for a line of a trail. */
export function cdnVerdictInWords({ served, stored, why }: CdnVerdict): string {
  if (served === 'miss') return stored ? 'miss, stored' : `miss, not stored: ${why}`;
  return served;
}
