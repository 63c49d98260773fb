import CachePolicy from 'http-cache-semantics';
import { directivesIn, directivesOf, formatDirectives, type Headers, targeted } from './directives.ts';

export type { Headers };

export interface CdnRequest {
  method: string;
  url: string;
  headers: Headers;
  /** The number by which its visitor asks what became of it. */
  asked?: string | undefined;
}

export interface OriginAnswer {
  status: number;
  headers: Headers;
  body: Buffer;
}

/** Whether an answer is kept. `may` is what RFC 9111 says; `kept` also asks if there is anything to gain. */
export interface Storing {
  kept: boolean;
  may: boolean;
  why: string;
}

export interface Decision {
  /** `ask`: the shop must be asked before the copy is used. */
  use: 'fresh' | 'stale' | 'ask';
}

const alwaysKeepable = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);
const staleControls = ['must-revalidate', 'proxy-revalidate', 'stale-while-revalidate', 'stale-if-error'];
const notUnderstood = new Set([206, 304]);

/**
 * What http-cache-semantics says about one answer, with these differences, each of them what RFC 9111 or 5861 says:
 * - It takes no copy under `must-revalidate` or `proxy-revalidate` for fresh. Both only forbid using a stale one
 *   (RFC 9111, 5.2.2.2 and 5.2.2.8).
 * - It reads directives as they are written. They are case-insensitive (5.2).
 * - It keeps no status that it doesn't know, such as 500. With an explicit lifetime a cache may (3).
 * - It gives an answer with Set-Cookie no lifetime unless it is `public`. Nothing in RFC 9111 does (7.3): whoever says
 *   max-age shares the cookie, too. Without any lifetime ours doesn't keep it.
 * - It serves a copy stale under `no-cache` with stale-while-revalidate (4.2.4 forbids that).
 * - It knows one copy of an address. Which one Vary selects is decided in copies.ts.
 * - It has no CDN-Cache-Control, which goes before Cache-Control and Expires (RFC 9213, 2.2).
 * - It takes the last of two lifetimes. The first one counts, or none (4.2.1).
 * - It gives a copy that is only `immutable` a day. That is for the time in which it is fresh (RFC 8246).
 * Three things a cache may do, and ours does not: guess a lifetime from Last-Modified (4.2.2), give an old copy to who
 * says max-stale (5.2.1.2), and take `private` or `no-cache` with names of headers for less than without.
 * `s-maxage` with `stale-while-revalidate` is served stale, as the library and all large CDNs do, although 5.2.2.10
 * lets s-maxage forbid it unless something else allows it.
 */
export class AnswerPolicy {
  readonly #policy: CachePolicy;
  readonly #directives: Map<string, string>;
  readonly #answer: OriginAnswer;
  readonly #request: CdnRequest;

  constructor(request: CdnRequest, answer: OriginAnswer, now: () => number) {
    this.#request = request;
    this.#answer = answer;
    this.#directives = directivesOf(answer.headers);
    const { status } = answer;
    const lifetime = this.#hasLifetime();
    const { 'set-cookie': _cookies, 'cdn-cache-control': _targeted, vary: _names, ...headers } = answer.headers;
    if (targeted(answer.headers)) delete headers.expires;
    const directives = new Map(this.#directives);
    if (this.#neverStale()) {
      for (const name of staleControls) directives.delete(name);
      // It is also one of the three that allow keeping an answer to a request with Authorization (3.5).
      if (this.#directives.has('must-revalidate') && request.headers.authorization) directives.set('public', '');
    }
    class ClockedPolicy extends CachePolicy {
      now(): number {
        return now();
      }
    }
    const response = {
      status: !alwaysKeepable.has(status) && !notUnderstood.has(status) && lifetime ? 200 : status,
      headers: { ...headers, 'cache-control': formatDirectives(directives) },
    };
    this.#policy = new ClockedPolicy(lowered(request), response, { cacheHeuristic: 0, immutableMinTimeToLive: 0 });
  }

  storing(): Storing {
    const may = this.#policy.storable() && !notUnderstood.has(this.#answer.status);
    if (!may) return { kept: false, may, why: this.#whyNot() };
    const { headers } = this.#answer;
    if (String(headers.vary ?? '').includes('*')) return { kept: false, may, why: 'Vary: *' };
    if (headers['set-cookie'] && !this.#hasLifetime())
      return { kept: false, may, why: 'Set-Cookie, and nothing that allows sharing it' };
    const reusable = this.#policy.timeToLive() > 0;
    if (!reusable && !headers.etag && !headers['last-modified']) {
      const why = this.#directives.has('no-cache') ? 'Cache-Control: no-cache, and no ETag' : 'no max-age, no ETag';
      return { kept: false, may, why };
    }
    return { kept: true, may, why: '' };
  }

  decide(request: CdnRequest): Decision {
    const { response, revalidation } = this.#policy.evaluateRequest(lowered(request));
    return { use: !response ? 'ask' : revalidation ? 'stale' : 'fresh' };
  }

  /** Headers to ask the shop with, whether the copy is still right. */
  validators(request: CdnRequest): Headers {
    return this.#policy.revalidationHeaders(lowered(request));
  }

  ttlS(): number {
    return this.#policy.maxAge() - this.#policy.age();
  }

  ageS(): number {
    return this.#policy.age();
  }

  /** Whether it says that no copy may be used before the shop was asked (RFC 9111, 4.1, 4.2.4, 5.2.2). */
  asksEachTime(): boolean {
    if (this.#directives.get('no-cache') === '') return true;
    if (String(this.#answer.headers.vary ?? '').includes('*')) return true;
    const neverStale = ['must-revalidate', 'proxy-revalidate', 's-maxage'].some((name) => this.#directives.has(name));
    const lifetimes = ['s-maxage', 'max-age'].some((name) => this.#directives.has(name));
    return neverStale && lifetimes && this.#policy.maxAge() <= 0;
  }

  /** RFC 5861, section 4. */
  mayServeAfterError(): boolean {
    const extraS = this.#neverStale() ? 0 : this.#seconds('stale-if-error');
    return extraS > 0 && this.ttlS() + extraS > 0;
  }

  #seconds(name: string): number {
    return Number.parseInt(this.#directives.get(name) ?? '', 10) || 0;
  }

  #neverStale(): boolean {
    return ['must-revalidate', 'proxy-revalidate', 'no-cache'].some((name) => this.#directives.has(name));
  }

  #hasLifetime(): boolean {
    const says = ['max-age', 's-maxage', 'public'].some((name) => this.#directives.has(name));
    return says || (this.#answer.headers.expires !== undefined && !targeted(this.#answer.headers));
  }

  #whyNot(): string {
    const { method, headers } = this.#request;
    if (method !== 'GET') return `the method ${method}`;
    if (/no-store/i.test(String(headers['cache-control'] ?? ''))) return 'no-store in the request';
    for (const name of ['no-store', 'private']) if (this.#directives.has(name)) return `Cache-Control: ${name}`;
    if (headers.authorization) return 'Authorization, and nothing that allows sharing';
    return `status ${this.#answer.status}`;
  }
}

/** As the library compares them: every stored answer is one to a GET. */
function lowered({ url, headers }: CdnRequest): CachePolicy.Request {
  const { 'if-none-match': _tags, 'if-modified-since': _date, 'cache-control': control, ...others } = headers;
  if (control === undefined) return { method: 'GET', url, headers: others };
  const asked = new Map(directivesIn(String(control)));
  asked.delete('max-stale');
  return { method: 'GET', url, headers: { ...others, 'cache-control': formatDirectives(asked) } };
}
