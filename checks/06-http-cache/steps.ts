import CachePolicy from 'http-cache-semantics';
import {
  type Answer,
  AnswerPolicy,
  type CdnVerdict,
  cdnVerdictInWords,
  directivesIn,
  excerpt,
  formatDirectives,
  type Stage,
  type Teaching,
} from '../harness/sdk/index.ts';

type Headers = Record<string, string>;

export const ada = new Map([['session', 'ada.9f31c7']]);
export const invented = new Map([['session', 'ada.000000']]);
export const grace = new Map([['session', 'grace.40d2be']]);
/** Nobody makes offers to him. */
export const linus = new Map([['session', 'linus.c81a55']]);

/** What the contract in the README allows, in seconds. */
export const freshAtLeastS = 10;
export const freshAtMostS = 60;
export const staleAtLeastS = 30;
/** Past the longest freshness and the longest staleness that are allowed. */
export const goneAfterS = freshAtMostS + 3_600 + 5;

/** What the CDN has done if the shop was asked. */
export const shopOnly = ['miss', 'revalidated'] as const;

const unanswered = {
  because: 'The request is not answered at all.',
  lookAt: 'does each path through the route end the response, also the one with a 304?',
};
const fails = {
  because: 'The request fails, so the check cannot look at copies of it.',
  lookAt: 'what does the app print for this request? npm run dev shows it.',
};

/** A GET through the CDN, by a visitor without history. */
export async function read(t: Stage, path: string, headers: Headers = {}, cookies?: Map<string, string>) {
  const visitor = t.visitor({ at: t.cdn, ...(cookies ? { cookies } : {}) });
  const answer = await visitor.get(path, { headers, unanswered });
  return { answer, cdn: said(t, answer) };
}

/** The same. It must be answered with 200. */
export async function readWell(t: Stage, path: string, headers: Headers = {}, cookies?: Map<string, string>) {
  const { answer, cdn } = await read(t, path, headers, cookies);
  return { answer: mustBe(answer, 200), cdn };
}

/** What the CDN did with it. */
export function said(t: Stage, answer: Answer): CdnVerdict {
  return answer.cdn ?? t.inconclusive('the CDN did not say what it did', 'check again');
}

export function requireServed(
  t: Stage,
  cdn: CdnVerdict,
  allowed: CdnVerdict['served'][],
  teaching: Partial<Teaching> = {},
): void {
  t.require(allowed.includes(cdn.served), {
    expected: `CDN: ${allowed.join(' or ')}`,
    seen: `CDN: ${cdnVerdictInWords(cdn)}`,
    ...teaching,
  });
}

/** Moves the CDN's clock. */
export function later(t: Stage, seconds: number): void {
  t.cdn.advance(seconds);
  t.step(`${seconds} s later:`);
}

/** The ETag of an answer. There must be one. */
export function tagOf(t: Stage, answer: Answer): string {
  const { etag } = answer.headers;
  t.require(etag && /^(W\/)?"[^"]*"$/.test(etag), {
    expected: 'an ETag, in double quotes',
    seen: etag ?? 'none',
    because:
      'Without an ETag nobody can ask whether a copy is still right. Last-Modified cannot replace it, because it counts in seconds, and a page may change twice in one.',
    lookAt: 'what identifies this content, and changes whenever the content does?',
  });
  return etag ?? '';
}

/** Asks the shop itself, past the CDN. */
export function askShop(t: Stage, path: string, headers: Headers = {}): Promise<Answer> {
  return t.visitor().get(path, { headers, unanswered });
}

/** Asks the shop itself, which must answer with 200. */
export async function askWell(t: Stage, path: string, headers: Headers = {}): Promise<Answer> {
  return mustBe(await askShop(t, path, headers), 200);
}

/** For another status the given cause is named, unless it is a 5xx. */
export function mustBe(answer: Answer, status: number | number[], teaching: Partial<Teaching> = {}): Answer {
  return answer.mustBe(status, answer.status >= 500 ? fails : teaching);
}

/** A 304, which has no body. */
export function require304(t: Stage, answer: Answer, teaching: Partial<Teaching> = {}): void {
  mustBe(answer, 304, teaching);
  t.require(answer.text === '', { expected: 'a 304 without a body', seen: excerpt(answer.text) });
}

/** Whether a shared cache may give this to somebody else without asking: one that knows CDN-Cache-Control, or any other. */
export function mayBeShared({ status, headers }: Pick<Answer, 'status' | 'headers'>): {
  byCdn: boolean;
  byOthers: boolean;
} {
  const { 'cdn-cache-control': _targeted, ...plain } = headers;
  const [byCdn = true, byOthers = true] = [headers, plain].map((said) => {
    const answer = { status, headers: said, body: Buffer.alloc(0) };
    const policy = new AnswerPolicy({ method: 'GET', url: '/', headers: {} }, answer, Date.now);
    return policy.storing().may && !policy.asksEachTime();
  });
  return { byCdn, byOthers };
}

/** How long a browser uses an answer without asking. */
export function inBrowser({ status, headers }: Pick<Answer, 'status' | 'headers'>): {
  lifetimeS: number;
  immutable: boolean;
  guessed: boolean;
} {
  const directives = directivesIn(headers['cache-control'] ?? '');
  const response = { status, headers: { ...headers, 'cache-control': formatDirectives(directives) } };
  const lifetimeWith = (cacheHeuristic: number) => {
    const options = { shared: false, immutableMinTimeToLive: 0, cacheHeuristic };
    return new CachePolicy({ method: 'GET', url: '/', headers: {} }, response, options).maxAge();
  };
  const lifetimeS = lifetimeWith(0.1);
  return { lifetimeS, immutable: directives.has('immutable'), guessed: lifetimeS !== lifetimeWith(0) };
}

/** How often something that needs no supplier is asked for, so that whatever was sent before has reached the app. */
const tripsToReach = 6;

/**
 * Asks several things at once, all of which the app has before the supplier answers the first.
 * @param ask sends them.
 */
export async function whileHeld<T>(t: Stage, ask: () => Promise<T>[]): Promise<T[]> {
  await t.supplier.setLatency(60_000);
  await t.supplier.reset();
  const asked = Promise.all(ask());
  asked.catch(() => {}); // Awaited below, unless something fails before.
  await t.until('a call to the supplier', async () => (await t.supplier.total()) > 0);
  const trailLength = t.trail.length;
  for (let trip = 0; trip < tripsToReach; trip++) await t.visitor().get('/events?page=0');
  t.trail.retell(trailLength);
  await t.supplier.setLatency(10);
  await t.supplier.release();
  return asked;
}
