import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { SeenAnswer } from '../../net/balancer.ts';
import { askedHeader, type CdnVerdict, formatStatus } from '../../net/cache-status.ts';
import { Copies, type Copy, refreshed, tagMatches } from './copies.ts';
import { headersFor, without, withoutConditions } from './headers.ts';
import { AnswerPolicy, type CdnRequest, type Headers, type OriginAnswer } from './policy.ts';
import { Shop } from './shop.ts';

/**
 * A shared cache in front of the balancer, as a CDN's edge. It follows RFC 9111 and says in `Cache-Status` what it did.
 * Misses that come at the same time all go to the shop; of a stale copy's revalidations there is one at a time.
 */
export interface Cdn extends AsyncDisposable {
  url: string;
  port: number;
  label: string;
  /** Moves its clock, so that nobody waits for a max-age. */
  advance(seconds: number): void;
  /** Resolves when no revalidation is under way in the background any more. */
  settled(): Promise<void>;
  /** Requests since the last reset, and how many of them reached the shop. Revalidations reach it, too. */
  counts(): { requests: number; toShop: number };
  resetCounts(): void;
  /** What it did with a request that carried this number in `askedHeader`. It is asked once. */
  verdictOn(asked: string): CdnVerdict | undefined;
  /** Forgets every copy. */
  clear(): void;
  alive(): boolean;
  /** Answers since the last call; `ms` is until their last byte. */
  takeAnswers(): SeenAnswer[];
}

const reads = new Set(['GET', 'HEAD']);
/** Nobody waits for these, but a check waits for their end. */
const backgroundMs = 5_000;
const bodyless = new Set(['content-length', 'content-type', 'content-encoding', 'transfer-encoding']);

/** @param port 0 picks a free one. */
export async function startCdn(balancer: { port: number }, port = 0): Promise<Cdn> {
  const copies = new Copies();
  const shop = new Shop(balancer.port);
  const underWay = new Map<Copy, Promise<unknown>>();
  let aheadMs = 0;
  let requests = 0;
  let answers: SeenAnswer[] = [];
  const verdicts = new Map<string, CdnVerdict>();
  const now = () => Date.now() + aheadMs;

  const server = createServer(async (incoming, outgoing) => {
    const startedAt = performance.now();
    requests++;
    outgoing.on('close', () => {
      const at = performance.now();
      if (outgoing.headersSent) answers.push({ at, ms: at - startedAt, status: outgoing.statusCode });
    });
    try {
      await serve(incoming, outgoing);
    } catch {
      // The shop broke the connection in the middle of an answer: the visitor must see it broken, too.
      outgoing.destroy();
    }
  });
  server.keepAliveTimeout = 65_000; // Longer than a client keeps a connection, or it writes into a closed one.

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request: CdnRequest = {
      method: incoming.method ?? 'GET',
      url: incoming.url ?? '/',
      headers: headersFor(incoming),
      asked: incoming.headers[askedHeader] as string | undefined,
    };
    const body = await buffer(incoming);
    if (!reads.has(request.method)) {
      const answer = await shop.ask(request, request.headers, { body });
      if (answer.status < 400) copies.dropAll(request.url);
      const why = `the method ${request.method}`;
      const verdict = { served: 'miss', stored: false, mayStore: false, why, forwarded: 'method' } as const;
      return reply(request, outgoing, answer, verdict, answer.status);
    }
    const copy = copies.find(request);
    if (!copy) return fetched(request, outgoing, request.headers);
    const { use } = copy.policy.decide(request);
    if (use === 'fresh') return fromCopy(request, outgoing, copy, 'hit', '');
    if (use === 'stale') {
      if (!underWay.has(copy)) inBackground(copy, request);
      return fromCopy(request, outgoing, copy, 'stale', 'stale-while-revalidate');
    }
    // A HEAD refreshes the copy as a GET does.
    const { answer, renewed } = await revalidate(copy, request);
    const forwarded = copy.policy.ttlS() > 0 ? 'request' : 'stale';
    if (renewed) return fromCopy(request, outgoing, renewed, 'revalidated', '', { forwarded, status: answer.status });
    if (answer.status >= 500 && copy.policy.mayServeAfterError())
      return fromCopy(request, outgoing, copy, 'stale', `status ${answer.status}, stale-if-error`);
    // A tag that the shop does not know for its own: it must say everything again.
    if (answer.status === 304) return fetched(request, outgoing, withoutConditions(request.headers));
    return passOn(request, outgoing, answer, forwarded);
  }

  async function fetched(request: CdnRequest, outgoing: ServerResponse, headers: Headers): Promise<void> {
    return passOn(request, outgoing, await shop.ask(request, headers));
  }

  /** Keeps an answer of the shop if it may be kept, and gives it to the visitor. */
  function passOn(
    request: CdnRequest,
    outgoing: ServerResponse,
    answer: OriginAnswer,
    forwarded: CdnVerdict['forwarded'] = 'miss',
  ): void {
    reply(request, outgoing, answer, { ...keep(request, answer), forwarded }, answer.status);
  }

  function keep(request: CdnRequest, answer: OriginAnswer): CdnVerdict {
    const policy = new AnswerPolicy(request, answer, now);
    const { kept, may, why } = policy.storing();
    // The answer to a HEAD has no body to give to anybody else.
    const stored = kept && request.method === 'GET';
    if (stored) copies.keep({ request, answer, policy });
    const reason = kept && !stored ? 'the method HEAD' : why;
    return { served: 'miss', stored, mayStore: may, why: reason, ttlS: policy.ttlS() };
  }

  async function revalidate(
    copy: Copy,
    request: CdnRequest,
    signal?: AbortSignal,
  ): Promise<{ answer: OriginAnswer; renewed?: Copy }> {
    const asGet = { ...request, method: 'GET', headers: withoutConditions(request.headers) };
    const answer = await shop.ask(asGet, copy.policy.validators(asGet), { signal });
    const { etag } = answer.headers;
    // A 304 without a tag can only mean the one we asked with.
    const same = etag === undefined || tagMatches(String(etag), String(copy.answer.headers.etag ?? etag));
    if (answer.status === 304 && same) {
      const renewed = refreshed(copy, answer.headers, asGet, now);
      if (renewed.policy.storing().kept) copies.keep(renewed);
      else copies.drop(copy);
      return { answer, renewed };
    }
    // What the shop says now goes before the copy, unless it is an error that nobody may keep.
    if (answer.status !== 304) {
      const verdict = keep(asGet, answer);
      if (!verdict.stored && answer.status < 500) copies.drop(copy);
    }
    return { answer };
  }

  function inBackground(copy: Copy, request: CdnRequest): void {
    const work = revalidate(copy, request, AbortSignal.timeout(backgroundMs))
      .then(async ({ answer }) => {
        if (answer.status === 304 && copies.has(copy)) copies.drop(copy);
      })
      .catch(() => {}) // The shop can't be reached, or does not answer: the copy stays as long as it may.
      .finally(() => underWay.delete(copy));
    underWay.set(copy, work);
  }

  function fromCopy(
    request: CdnRequest,
    outgoing: ServerResponse,
    copy: Copy,
    served: 'hit' | 'stale' | 'revalidated',
    why: string,
    asked?: { forwarded: CdnVerdict['forwarded']; status: number },
  ): void {
    const { forwarded = 'miss', status: fwdStatus } = asked ?? {};
    const verdict = { served, stored: true, mayStore: true, why, ttlS: copy.policy.ttlS(), forwarded };
    const headers = { ...copy.answer.headers, age: String(Math.round(copy.policy.ageS())) };
    reply(request, outgoing, { ...copy.answer, headers }, verdict, fwdStatus);
  }

  function reply(
    request: CdnRequest,
    outgoing: ServerResponse,
    { status, headers, body }: OriginAnswer,
    { ttlS, ...rest }: CdnVerdict,
    fwdStatus?: number,
  ): void {
    const verdict = ttlS === undefined ? rest : { ...rest, ttlS: Math.round(ttlS) };
    const tags = reads.has(request.method) ? request.headers['if-none-match'] : undefined;
    const unchanged = status === 200 && tags && headers.etag && tagMatches(String(tags), String(headers.etag));
    if (request.asked !== undefined) verdicts.set(request.asked, verdict);
    const told = { ...headers, 'cache-status': formatStatus(verdict, fwdStatus) };
    if (unchanged) outgoing.writeHead(304, without(told, bodyless)).end();
    else outgoing.writeHead(status, told).end(request.method === 'HEAD' ? undefined : body);
  }

  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    label: 'a shared cache by RFC 9111 in front of the shop',
    advance: (seconds) => {
      aheadMs += seconds * 1_000;
    },
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay.values());
    },
    counts: () => ({ requests, toShop: shop.asked }),
    resetCounts: () => {
      requests = 0;
      shop.asked = 0;
    },
    verdictOn(asked) {
      const verdict = verdicts.get(asked);
      verdicts.delete(asked);
      return verdict;
    },
    clear: () => copies.clear(),
    alive: () => server.listening,
    takeAnswers() {
      const taken = answers;
      answers = [];
      return taken;
    },
    async [Symbol.asyncDispose]() {
      shop.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
