import { AnswerPolicy, type CdnRequest, type Headers, type OriginAnswer } from './policy.ts';

/** A kept answer. */
export interface Copy {
  request: CdnRequest;
  answer: OriginAnswer;
  policy: AnswerPolicy;
}

/** What the CDN holds: by address, and for each address by the request headers that Vary names. */
export class Copies {
  readonly #byUrl = new Map<string, Copy[]>();

  /** The newest copy that answers this request. */
  find(request: CdnRequest): Copy | undefined {
    return this.#byUrl.get(request.url)?.findLast((copy) => varyMatches(copy, request));
  }

  has(copy: Copy): boolean {
    return this.#byUrl.get(copy.request.url)?.includes(copy) ?? false;
  }

  /** Puts it in place of the one that answered the same requests. */
  keep(copy: Copy): void {
    const others = this.#byUrl.get(copy.request.url)?.filter((other) => !varyMatches(other, copy.request)) ?? [];
    this.#byUrl.set(copy.request.url, [...others, copy]);
  }

  drop(copy: Copy): void {
    const others = this.#byUrl.get(copy.request.url)?.filter((other) => other !== copy) ?? [];
    this.#byUrl.set(copy.request.url, others);
  }

  /** After a write (RFC 9111, 4.4). */
  dropAll(url: string): void {
    this.#byUrl.delete(url);
  }

  clear(): void {
    this.#byUrl.clear();
  }
}

/** RFC 9111, 4.1. White space does not count. */
function varyMatches({ request: stored, answer }: Copy, request: CdnRequest): boolean {
  const names = String(answer.headers.vary ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const plain = (value: Headers[string]) => String(value ?? '').replaceAll(/\s/g, '');
  return names.every((name) => plain(stored.headers[name]) === plain(request.headers[name]));
}

/** A copy with what a 304 says (RFC 9111, 3.2): the library only replaces headers, it adds none. */
export function refreshed(copy: Copy, fresh: Headers, request: CdnRequest, now: () => number): Copy {
  const { 'content-length': _length, 'content-encoding': _encoding, ...changed } = fresh;
  const { age: _age, ...before } = copy.answer.headers; // How old it was then.
  const answer = { ...copy.answer, headers: { ...before, ...changed } };
  return { request, answer, policy: new AnswerPolicy(request, answer, now) };
}

/** Whether one of the tags in If-None-Match is the copy's; weak and strong count as the same (RFC 9110, 13.1.2). */
export function tagMatches(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch.trim() === '*') return true;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return (ifNoneMatch.match(/(?:W\/)?"[^"]*"/g) ?? []).some((tag) => opaque(tag) === opaque(etag));
}
