import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type Balancer, pinHeader, startBalancer } from '../harness/net/balancer.ts';
import { freePort } from '../harness/os/ports.ts';
import { closeInstances, instance } from './http-instance.ts';

let balancer: Balancer;

afterEach(async () => {
  await balancer[Symbol.asyncDispose]();
  closeInstances();
});

describe('a balancer that asks its instances whether they are ready', () => {
  it('sends requests only to instances that say they are ready', async () => {
    const ready = [true, false];
    const listener =
      (index: number): RequestListener =>
      (q, s) => {
        if (q.url === '/ready') s.writeHead(ready[index] ? 200 : 503).end();
        else s.end(String(index + 1));
      };
    const targets = [await instance(listener(0)), await instance(listener(1))];
    balancer = await startBalancer(targets, 0, { readiness: { path: '/ready', everyMs: 20 } });
    const answerers = async () => {
      const answers = await Promise.all(Array.from({ length: 6 }, () => fetch(balancer.url)));
      return [...new Set(await Promise.all(answers.map((answer) => answer.text())))].sort();
    };
    expect(await answerers()).toEqual(['1']);
    ready[1] = true;
    await expect.poll(answerers).toEqual(['1', '2']);
    ready[0] = false;
    await expect.poll(answerers).toEqual(['2']);
    // A check may still look at the one that is out.
    expect(await (await fetch(balancer.url, { headers: { [pinHeader]: '1' } })).text()).toBe('1');
    ready[1] = false;
    await expect.poll(answerers).toEqual(['no instance is ready']);
    expect((await fetch(balancer.url)).status).toBe(503);
  });

  it('takes out an instance that is gone or does not answer', async () => {
    const silent = await instance((q, s) => {
      if (q.url !== '/ready') s.end('silent');
    });
    const gone = { host: '127.0.0.1', port: await freePort() };
    const good = await instance((_q, s) => s.end('good'));
    balancer = await startBalancer([silent, gone, good], 0, {
      readiness: { path: '/ready', everyMs: 20, withinMs: 100 },
    });
    const answers = await Promise.all(Array.from({ length: 6 }, async () => (await fetch(balancer.url)).text()));
    expect([...new Set(answers)]).toEqual(['good']);
  });

  it('exchanges one instance for another in the middle of requests', async () => {
    const answer = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const slow = await instance(async (q, s) => {
      if (q.url === '/slow') {
        arrived.resolve();
        await answer.promise;
      }
      s.end('slow');
    });
    const replaced = await instance((_q, s) => s.end('replaced'));
    let ready = false;
    let looks = 0;
    const fresh = await instance((q, s) => {
      if (q.url === '/ready') looks++;
      s.writeHead(ready ? 200 : 503).end('fresh');
    });
    balancer = await startBalancer([slow, replaced], 0, { readiness: { path: '/ready', everyMs: 20 } });
    const inFlight = fetch(`${balancer.url}/slow`);
    await arrived.promise;
    balancer.replaceTarget(2, fresh);
    await balancer.nextLook(2);
    expect(looks).toBe(1);
    expect([balancer.isReady(1), balancer.isReady(2)]).toEqual([true, false]);
    ready = true;
    await expect.poll(() => balancer.isReady(2)).toBe(true);
    answer.resolve();
    expect(await (await inFlight).text()).toBe('slow');
    const answers = await Promise.all([1, 2].map(async () => (await fetch(balancer.url)).text()));
    expect(answers.sort()).toEqual(['fresh', 'slow']);
    expect(balancer.takeLongestGapMs()).toBeGreaterThan(0);
  });

  it('looks at the others while one hangs', async () => {
    const hangs = await instance(() => {});
    let looks = 0;
    const good = await instance((_q, s) => s.end(String(++looks)));
    balancer = await startBalancer([hangs, good], 0, { readiness: { path: '/ready', everyMs: 10, withinMs: 500 } });
    expect(looks).toBeGreaterThan(3);
  });
});
