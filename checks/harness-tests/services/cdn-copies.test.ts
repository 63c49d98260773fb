import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Environment } from '../../harness/runner/environment.ts';
import { appsDir } from '../check-fixture.ts';
import fixture from '../fixture/lesson.ts';
import { ask, asked, cdn, shop, shopAnswers, shopSays, twice } from './cdn-fixture.ts';
import { fakeRun } from './fake-run.ts';

describe('the CDN serves from its copy', () => {
  it.each([
    'max-age=60',
    'public, max-age=60',
    's-maxage=60',
    'max-age=0, s-maxage=60',
    'Public, Max-Age=60',
    'public, max-age=60, must-revalidate',
    'public, max-age=60, proxy-revalidate',
    'max-age="60"',
    'public, max-age=60, immutable',
  ])('within the lifetime of Cache-Control: %s', async (control) => {
    shopSays(control);
    expect(await twice()).toMatchObject({ first: { served: 'miss', stored: true }, second: { served: 'hit' } });
    cdn.advance(50);
    expect(await ask()).toMatchObject({ served: 'hit', body: 'body', headers: { age: '50' } });
    cdn.advance(11);
    expect((await ask()).served).toBe('miss');
    expect(asked).toHaveLength(2);
  });

  it('within Expires, and within the lifetime that CDN-Cache-Control says for it alone', async () => {
    const expires = new Date(Date.now() + 60_000).toUTCString();
    shopSays(undefined, { headers: { expires } });
    expect((await twice()).second.served).toBe('hit');
    cdn.clear();
    shopSays('no-store', { headers: { 'cdn-cache-control': 'max-age=60' } });
    expect((await twice()).second.served).toBe('hit');
  });

  it.each(['', 'Max-Age=1', 'max-age=1;;', 'max-age=1,'])(
    'within the lifetime of Cache-Control when CDN-Cache-Control is empty or no dictionary: "%s"',
    async (targeted) => {
      shopSays('max-age=60', { headers: { 'cdn-cache-control': targeted } });
      await ask();
      cdn.advance(50);
      expect((await ask()).served).toBe('hit');
    },
  );

  it('not within Expires, when CDN-Cache-Control says something else', async () => {
    const expires = new Date(Date.now() + 60_000).toUTCString();
    shopSays(undefined, { headers: { expires, 'cdn-cache-control': 'public', etag: '"a"' } });
    expect((await twice()).second.served).toBe('miss');
  });

  it('within the first of two lifetimes', async () => {
    shopSays('max-age=60, max-age=600');
    await ask();
    cdn.advance(61);
    expect((await ask()).served).toBe('miss');
  });

  it('which began when the shop says it did, until the shop says again that it is right', async () => {
    shopAnswers(({ 'if-none-match': tag }) => ({
      status: tag ? 304 : 200,
      headers: { etag: '"a"', 'cache-control': 'max-age=60', ...(tag ? {} : { age: '40' }) },
    }));
    expect(await ask()).toMatchObject({ verdict: { ttlS: 20 } });
    cdn.advance(10);
    expect(await ask()).toMatchObject({ served: 'hit', headers: { age: '50' } });
    cdn.advance(11);
    expect(await ask()).toMatchObject({ served: 'revalidated', verdict: { ttlS: 60 }, headers: { age: '0' } });
  });

  it('and says how long the copy is fresh', async () => {
    shopSays('max-age=60');
    const { first, second } = await twice();
    expect([first.ttlS, second.ttlS]).toEqual([60, 60]);
    cdn.advance(20);
    expect((await ask()).verdict.ttlS).toBe(40);
  });

  it('for a HEAD with the copy of a GET, without its body; a HEAD leaves no copy', async () => {
    shopSays('max-age=60');
    expect((await ask({}, 'HEAD')).verdict).toMatchObject({ served: 'miss', stored: false, why: 'the method HEAD' });
    expect((await ask()).served).toBe('miss');
    expect(await ask({}, 'HEAD')).toMatchObject({ served: 'hit', body: '' });
    expect(asked.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  });

  it('with 304 when the visitor has it already', async () => {
    shopSays('max-age=60', { headers: { etag: '"a"' } });
    await ask();
    expect(await ask({ 'if-none-match': '"x", W/"a"' })).toMatchObject({ served: 'hit', status: 304, body: '' });
    expect(await ask({ 'if-none-match': '"b"' })).toMatchObject({ served: 'hit', status: 200 });
  });

  it('also for a status that is no good, when a lifetime is given', async () => {
    shopSays('public, max-age=60', { status: 500 });
    expect(await twice()).toMatchObject({ first: { stored: true }, second: { served: 'hit' } });
    expect((await ask()).status).toBe(500);
  });

  it('with the cookie of whoever came first, when a lifetime is given', async () => {
    shopSays('max-age=60', { headers: { 'set-cookie': ['visit=1', 'x=2'] } });
    await ask();
    expect(await ask()).toMatchObject({ served: 'hit', headers: { 'set-cookie': ['visit=1', 'x=2'] } });
  });
});

describe('the CDN keeps nothing', () => {
  it.each([
    ['Cache-Control: private', 'private, max-age=60', {}, {}],
    ['Cache-Control: no-store', 'no-store', {}, {}],
    ['Cache-Control: no-store', 'Max-Age=60, No-Store', {}, {}],
    ['status 500', undefined, { status: 500 }, {}],
    ['status 502', 'no-cache', { status: 502, headers: { etag: '"a"' } }, {}],
    ['status 206', 'max-age=60', { status: 206 }, {}],
    ['Authorization, and nothing that allows sharing', 'max-age=60', {}, { authorization: 'Bearer x' }],
    ['no-store in the request', 'max-age=60', {}, { 'cache-control': 'no-store' }],
  ])('because of %s', async (why, control, rest, headers) => {
    shopSays(control, rest);
    const { first, second } = await twice(headers);
    expect(first).toMatchObject({ served: 'miss', stored: false, mayStore: false, why });
    expect(second.served).toBe('miss');
  });

  it.each([
    ['no max-age, no ETag', undefined, {}],
    ['no max-age, no ETag', 'public', {}],
    ['Cache-Control: no-cache, and no ETag', 'no-cache', {}],
    ['Set-Cookie, and nothing that allows sharing it', undefined, { 'set-cookie': 'visit=1', etag: '"a"' }],
    ['Vary: *', 'max-age=60', { vary: '*' }],
    ['no max-age, no ETag', 'immutable', {}],
    ['no max-age, no ETag', 's-maxage=0, max-age=60', {}],
    ['no max-age, no ETag', undefined, { expires: '0' }],
    ['Cache-Control: no-cache, and no ETag', 'max-age=60, no-cache="set-cookie, vary"', {}],
  ])('that it has no use for, though it may: %s', async (why, control, headers) => {
    shopSays(control, { headers: headers as Record<string, string> });
    const { first, second } = await twice();
    expect(first).toMatchObject({ served: 'miss', stored: false, mayStore: true, why });
    expect(second.served).toBe('miss');
  });

  it.each(['public, max-age=60', 's-maxage=60', 'max-age=60, must-revalidate'])(
    'of a request with Authorization, unless the shop says %s',
    async (control) => {
      shopSays(control);
      expect((await twice({ authorization: 'Bearer x' })).second.served).toBe('hit');
    },
  );

  it('of a write, and forgets what was at its address', async () => {
    shopSays('max-age=60');
    await ask();
    expect((await ask({}, 'PUT')).verdict).toMatchObject({ served: 'miss', stored: false, why: 'the method PUT' });
    expect((await ask()).served).toBe('miss');
  });
});

describe('Vary', () => {
  it('gives each language its own copy, whatever the white space', async () => {
    shopAnswers(({ 'accept-language': language }) => ({
      headers: { 'cache-control': 'max-age=60', vary: 'Accept-Language' },
      body: String(language),
    }));
    for (const language of ['de', 'en']) expect((await ask({ 'accept-language': language })).served).toBe('miss');
    for (const language of ['de', 'en'])
      expect(await ask({ 'accept-language': language })).toMatchObject({ served: 'hit', body: language });
    expect((await ask({ 'accept-language': 'de, en' })).served).toBe('miss');
    expect((await ask({ 'accept-language': 'de,en' })).served).toBe('hit');
  });

  it('when it is missing, gives everybody what the first one got', async () => {
    shopAnswers(({ 'accept-language': language }) => ({
      headers: { 'cache-control': 'max-age=60' },
      body: String(language),
    }));
    await ask({ 'accept-language': 'de' });
    expect(await ask({ 'accept-language': 'en' })).toMatchObject({ served: 'hit', body: 'de' });
  });
});

describe('the CDN as a service', () => {
  it('does not make visitors wait for each other: misses at the same time all reach the shop', async () => {
    shopSays('max-age=60');
    await Promise.all([ask(), ask(), ask()]);
    expect(cdn.counts()).toEqual({ requests: 3, toShop: 3 });
    cdn.resetCounts();
    await ask();
    expect(cdn.counts()).toEqual({ requests: 1, toShop: 0 });
    expect(cdn.takeAnswers().length).toBeGreaterThan(2);
  });

  it('keeps addresses apart', async () => {
    shopSays('max-age=60');
    await ask({}, 'GET', '/a');
    expect((await ask({}, 'GET', '/a?v=1')).served).toBe('miss');
  });

  it('breaks the answer off when the shop does', async () => {
    shop.prependOnceListener('request', (_incoming, outgoing) => outgoing.destroy());
    shopAnswers(() => ({}));
    await expect(ask()).rejects.toThrow();
    await delay(10);
    expect((await ask()).status).toBe(200);
  });

  it('stands in front of the balancer of a lesson that has one, and is empty for the next behaviour', async () => {
    await using run = fakeRun();
    const lesson = { ...fixture, services: ['supplier' as const, 'cdn' as const] };
    await using environment = await Environment.start({ lesson, subjectDir: `${appsDir}asks-supplier`, run });
    expect(environment.door).toBe(environment.cdn);
    const answer = await fetch(`${environment.door.url}/events/7`);
    expect(answer.headers.get('cache-status')).toBe(
      'encore; fwd=miss; fwd-status=200; detail="not stored, though it may be: no max-age, no ETag"',
    );
    expect(Object.keys(environment.serviceLabels())).toEqual(['supplier', 'cdn']);
    await environment.assertServicesAlive();
    await environment.repair();
  });
});
