import { describe, expect, it } from 'vitest';
import { json, put, withSupplier } from './supplier-fixture.ts';

const ada = { headers: { authorization: 'Bearer ada.9f31c7' } };

describe('the supplier', () => {
  it('has the events of a city by pages, and none of a city that is not there', () =>
    withSupplier(async ({ url }) => {
      const { body } = await json(`${url}/events?city=oslo&page=2`);
      expect(body).toMatchObject({ city: 'oslo', page: 2, pages: 4 });
      expect(body.events).toHaveLength(10);
      expect(new Set(body.events.map((event: { city: string }) => event.city))).toEqual(new Set(['oslo']));
      expect((await json(`${url}/events?city=atlantis`)).body.events).toEqual([]);
      expect((await json(`${url}/events?page=0`)).status).toBe(400);
    }));

  it('has the same events at every start', () =>
    withSupplier((one) =>
      withSupplier(async (two) => {
        for (const path of ['/events?page=3', '/stats'])
          expect((await json(one.url + path)).body).toEqual((await json(two.url + path)).body);
      }),
    ));

  it('answers 404 for an event that is not there', () =>
    withSupplier(async ({ url }) => {
      expect((await json(`${url}/events/99999`)).status).toBe(404);
      expect((await put(`${url}/events/99999`, { priceCents: 1 })).status).toBe(404);
    }));

  it('changes an event for everybody who reads it afterwards', () =>
    withSupplier(async ({ url }) => {
      expect((await put(`${url}/events/7`, { priceCents: 1, city: 'riga' })).body).toMatchObject({ version: 2 });
      expect((await json(`${url}/events/7`)).body).toMatchObject({ id: '7', priceCents: 1, city: 'riga' });
      expect((await json(`${url}/events?city=riga`)).body.events[0]).toMatchObject({ id: '7', priceCents: 1 });
    }));

  it('takes longer for the routes that are slow, and for no other', () =>
    withSupplier(
      async (supplier) => {
        const order: string[] = [];
        const slow = json(`${supplier.url}/offers`, ada).then(({ status }) => order.push(`offers ${status}`));
        for (let n = 1; n <= 3; n++) {
          await json(`${supplier.url}/events/7`);
          order.push(`event ${n}`);
        }
        await slow;
        expect(order).toEqual(['event 1', 'event 2', 'event 3', 'offers 200']);
      },
      { latencyMs: 10, slow: { 'GET /offers': 100 } },
    ));

  it('does not show a write to a read that began before it', () =>
    withSupplier(async (supplier) => {
      await supplier.setLatency(300);
      const early = json(`${supplier.url}/events/7`);
      await expect.poll(() => supplier.total()).toBe(1);
      await supplier.setLatency(0);
      await put(`${supplier.url}/events/7`, { priceCents: 1 });
      expect((await early).body.priceCents).not.toBe(1);
      expect((await json(`${supplier.url}/events/7`)).body.priceCents).toBe(1);
    }));

  it('says the version of an event and of a page in a header, also without the body, in a tenth of the time', () =>
    withSupplier(
      async (supplier) => {
        const versions = async () => {
          const asked = ['/events/7', '/events?city=madrid&page=1', '/events?city=oslo&page=1'];
          const heads = await Promise.all(asked.map((path) => fetch(supplier.url + path, { method: 'HEAD' })));
          expect(heads.map(({ status }) => status)).toEqual([200, 200, 200]);
          return heads.map(({ headers }) => headers.get('x-version'));
        };
        const before = await versions();
        expect(await versions()).toEqual(before);
        await supplier.change('7', { seatsLeft: 1 });
        const after = await versions();
        expect(after.map((version, index) => version === before[index])).toEqual([false, false, true]);
        expect((await fetch(`${supplier.url}/events/7`)).headers.get('x-version')).toBe(after[0]);
        expect(await supplier.calls()).toMatchObject({
          'GET /events/:id': 1,
          'HEAD /events': 6,
          'HEAD /events/:id': 3,
        });
        const startedAt = performance.now();
        expect((await fetch(`${supplier.url}/events/99999`, { method: 'HEAD' })).status).toBe(404);
        expect(performance.now() - startedAt).toBeLessThan(500);
      },
      { latencyMs: 1_000 },
    ));

  it('makes offers to the customer of a token, null to one without any, and 401 to others', () =>
    withSupplier(async ({ url }) => {
      expect((await json(`${url}/offers`, ada)).body).toHaveLength(2);
      expect(await json(`${url}/offers`, { headers: { authorization: 'Bearer linus.c81a55' } })).toEqual({
        status: 200,
        body: null,
      });
      expect((await json(`${url}/offers`, { headers: { authorization: 'Bearer ada.0' } })).status).toBe(401);
      expect((await json(`${url}/offers`)).status).toBe(401);
    }));

  it('counts calls by route, also those that fail, until it is reset', () =>
    withSupplier(async (supplier) => {
      const { url } = supplier;
      for (const path of ['/events', '/events/1', '/events/2?x=1', '/offers', '/stats', '/nothing'])
        await fetch(url + path);
      await put(`${url}/events/1`, {});
      await supplier.fail({ how: 503 });
      await fetch(`${url}/events`);
      expect(await supplier.calls()).toEqual({
        'GET /events': 2,
        'GET /events/:id': 2,
        'HEAD /events': 0,
        'HEAD /events/:id': 0,
        'PUT /events/:id': 1,
        'POST /audit': 0,
        'GET /offers': 1,
        'GET /stats': 1,
        other: 1,
      });
      expect(await supplier.total()).toBe(8);
      await supplier.reset();
      expect(await supplier.total()).toBe(0);
    }));

  it('takes its time, and twice that for the statistics', () =>
    withSupplier(
      async ({ url }) => {
        for (const [path, atLeastMs] of [
          ['/events/1', 100],
          ['/stats', 200],
        ] as const) {
          const startedAt = performance.now();
          await json(url + path);
          expect(performance.now() - startedAt).toBeGreaterThan(atLeastMs - 5);
        }
      },
      { latencyMs: 100 },
    ));

  it('serves only so many at a time; the others wait, in their order', () =>
    withSupplier(
      async ({ url }) => {
        const startedAt = performance.now();
        const ends = await Promise.all(
          Array.from({ length: 6 }, () => json(`${url}/events/1`).then(() => performance.now() - startedAt)),
        );
        ends.sort((a, b) => a - b);
        // Two at a time, 100 ms each: at 100, 200 and 300 ms.
        expect(ends[2]).toBeGreaterThan(195);
        expect(ends[5]).toBeGreaterThan(295);
      },
      { latencyMs: 100, atOnce: 2 },
    ));

  it('is not slowed, limited or counted when it is controlled', () =>
    withSupplier(
      async (supplier) => {
        const slow = new AbortController();
        const waiting = [1, 2, 3].map((id) => fetch(`${supplier.url}/events/${id}`, slow).catch(() => {}));
        await expect.poll(() => supplier.total()).toBe(3);
        const startedAt = performance.now();
        expect(await supplier.event('7')).toMatchObject({ id: '7' });
        await supplier.change('7', { seatsLeft: 0 });
        expect(await supplier.event('7')).toMatchObject({ seatsLeft: 0 });
        expect(await supplier.total()).toBe(3);
        expect(performance.now() - startedAt).toBeLessThan(10_000);
        slow.abort();
        await Promise.all(waiting);
      },
      { latencyMs: 20_000, atOnce: 1 },
    ));
});
