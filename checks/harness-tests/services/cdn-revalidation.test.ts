import { describe, expect, it } from 'vitest';
import { AnswerPolicy } from '../../harness/services/cdn/policy.ts';
import { ask, asked, cdn, type Says, shop, shopAnswers, shopSays, twice } from './cdn-fixture.ts';

describe('the CDN asks again', () => {
  it.each(['no-cache', 'max-age=60, must-revalidate', 's-maxage=60', 'max-age=60'])(
    'before it uses an old copy, also when the visitor would take one: %s',
    async (control) => {
      shopSays(control, { headers: { etag: '"a"' } });
      await ask();
      cdn.advance(61);
      expect((await ask({ 'cache-control': 'max-stale=600' })).served).toBe('miss');
    },
  );

  it('and does not guess a lifetime from Last-Modified', async () => {
    const aYearAgo = new Date(Date.now() - 31_536_000_000).toUTCString();
    shopAnswers(({ 'if-modified-since': date }) => ({
      status: date === aYearAgo ? 304 : 200,
      headers: { 'last-modified': aYearAgo },
    }));
    expect((await twice()).second.served).toBe('revalidated');
  });

  it('and says why, by RFC 9211', async () => {
    const why = async (headers: Record<string, string> = {}, method = 'GET') =>
      /fwd=(\w+); fwd-status=(\d+)/.exec(String((await ask(headers, method)).headers['cache-status']))?.slice(1);
    shopSays('max-age=60', { headers: { etag: '"a"' } });
    expect(await why()).toEqual(['miss', '200']);
    expect(await why({ 'cache-control': 'no-cache' })).toEqual(['request', '200']);
    cdn.advance(61);
    expect(await why()).toEqual(['stale', '200']);
    expect(await why({}, 'POST')).toEqual(['method', '200']);
  });

  it('with the tag of its copy, and takes new headers from a 304', async () => {
    shopAnswers(
      ({ 'if-none-match': tag }): Says =>
        tag === '"a"'
          ? { status: 304, headers: { etag: '"a"', 'cache-control': 'max-age=500', 'x-new': '1' } }
          : { status: 200, headers: { etag: '"a"', 'cache-control': 'max-age=60' } },
    );
    await ask();
    cdn.advance(61);
    expect(await ask()).toMatchObject({ served: 'revalidated', status: 200, body: 'body', headers: { 'x-new': '1' } });
    cdn.advance(400);
    expect((await ask()).served).toBe('hit');
    expect(asked.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"a"']);
  });

  it('each time under no-cache, and when no lifetime is given', async () => {
    for (const control of ['no-cache', 'max-age=0', undefined]) {
      cdn.clear();
      shopAnswers(({ 'if-none-match': tag }) => ({
        status: tag ? 304 : 200,
        headers: { etag: '"a"', ...(control ? { 'cache-control': control } : {}) },
      }));
      const { first, second } = await twice();
      expect(first).toMatchObject({ served: 'miss', stored: true });
      expect(second.served).toBe('revalidated');
    }
  });

  it('when the visitor says no-cache', async () => {
    shopSays('max-age=60');
    await ask();
    expect((await ask({ 'cache-control': 'No-Cache' })).served).toBe('miss');
    expect((await ask({ pragma: 'no-cache' })).served).toBe('miss');
    expect((await ask()).served).toBe('hit');
  });

  it('and gives a changed answer on, which is then its copy', async () => {
    shopSays('max-age=60', { headers: { etag: '"a"' } });
    await ask();
    cdn.advance(61);
    shopSays('max-age=60', { headers: { etag: '"b"' }, body: 'new' });
    expect(await ask()).toMatchObject({ served: 'miss', body: 'new' });
    expect(await ask()).toMatchObject({ served: 'hit', body: 'new' });
  });

  it('and asks for everything when a 304 is about another tag', async () => {
    shopSays('max-age=60', { headers: { etag: '"a"' } });
    await ask();
    cdn.advance(61);
    shopAnswers(({ 'if-none-match': tag }) => ({ status: tag ? 304 : 200, headers: { etag: '"b"' }, body: 'new' }));
    expect(await ask()).toMatchObject({ served: 'miss', status: 200, body: 'new' });
  });

  it('and keeps its copy through an error, which only the visitor gets', async () => {
    shopSays('max-age=60', { headers: { etag: '"a"' } });
    await ask();
    cdn.advance(61);
    shopSays(undefined, { status: 503 });
    expect(await ask()).toMatchObject({ served: 'miss', status: 503 });
    shopAnswers(() => ({ status: 304, headers: { etag: '"a"' } }));
    expect(await ask()).toMatchObject({ served: 'revalidated', body: 'body' });
  });

  it('and hides an error for as long as stale-if-error says', async () => {
    shopSays('max-age=60, stale-if-error=100');
    await ask();
    shopSays(undefined, { status: 503 });
    cdn.advance(61);
    expect((await ask()).verdict).toMatchObject({ served: 'stale', why: 'status 503, stale-if-error' });
    cdn.advance(100);
    expect((await ask()).status).toBe(503);
  });
});

it.each([
  ['no-cache', {}, true],
  ['no-cache="set-cookie"', {}, false],
  ['max-age=0, must-revalidate', {}, true],
  ['max-age=60, s-maxage=0', {}, true],
  ['max-age=60', { vary: '*' }, true],
  ['max-age=0', {}, false],
  ['must-revalidate', {}, false],
  ['max-age=60, must-revalidate', {}, false],
  ['no-cache', { 'cdn-cache-control': 'max-age=60' }, false],
])('the CDN asks before each use of a copy with Cache-Control: %s, %j: %s', (control, headers, asks) => {
  const answer = { status: 200, headers: { 'cache-control': control, ...headers }, body: Buffer.alloc(0) };
  const policy = new AnswerPolicy({ method: 'GET', url: '/', headers: {} }, answer, Date.now);
  expect(policy.asksEachTime()).toBe(asks);
});

describe('stale-while-revalidate', () => {
  it.each(['max-age=60, stale-while-revalidate=100', 's-maxage=60, stale-while-revalidate=100'])(
    'serves the old copy at once and brings a new one: %s',
    async (control) => {
      shopSays(control, { body: 'old' });
      await ask();
      shopSays(control, { body: 'new' });
      cdn.advance(61);
      expect(await ask()).toMatchObject({ served: 'stale', body: 'old' });
      await cdn.settled();
      expect(await ask()).toMatchObject({ served: 'hit', body: 'new' });
      cdn.advance(200);
      expect((await ask()).served).toBe('miss');
    },
  );

  it('asks once, however many come meanwhile', async () => {
    shopSays('max-age=60, stale-while-revalidate=100');
    await ask();
    cdn.advance(61);
    const all = await Promise.all(Array.from({ length: 5 }, () => ask()));
    expect(all.map(({ served }) => served)).toContain('stale');
    await cdn.settled();
    expect(cdn.counts()).toEqual({ requests: 6, toShop: 2 });
  });

  it('gives up asking a shop that does not answer, so that a check comes to its end', { timeout: 10_000 }, async () => {
    shopSays('max-age=60, stale-while-revalidate=100');
    await ask();
    cdn.advance(61);
    const [answered] = shop.listeners('request') as ((...args: unknown[]) => void)[];
    shop.removeAllListeners('request');
    try {
      expect((await ask()).served).toBe('stale');
      await cdn.settled();
    } finally {
      shop.on('request', answered ?? (() => {}));
    }
    expect((await ask()).served).toBe('stale');
  });

  it('is not for a copy that must be revalidated', async () => {
    for (const name of ['must-revalidate', 'proxy-revalidate', 'no-cache']) {
      cdn.clear();
      shopSays(`max-age=60, stale-while-revalidate=100, ${name}`);
      await ask();
      cdn.advance(61);
      expect((await ask()).served).toBe('miss');
    }
  });

  it('keeps the old copy when the shop has an error, and loses it when the shop says it is private now', async () => {
    shopSays('max-age=60, stale-while-revalidate=1000');
    await ask();
    cdn.advance(61);
    shopSays(undefined, { status: 500 });
    await ask();
    await cdn.settled();
    shopSays('private');
    expect((await ask()).served).toBe('stale');
    await cdn.settled();
    expect((await ask()).served).toBe('miss');
  });
});
