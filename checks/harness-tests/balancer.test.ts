import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type Balancer, instanceHeader, pinHeader, startBalancer } from '../harness/net/balancer.ts';
import { freePort } from '../harness/os/ports.ts';
import { closeInstances, instance } from './http-instance.ts';

let balancer: Balancer;

afterEach(async () => {
  await balancer[Symbol.asyncDispose]();
  closeInstances();
});

describe('the balancer', () => {
  it('takes turns between the instances and says which one answered', async () => {
    balancer = await startBalancer([await instance((_q, s) => s.end('a')), await instance((_q, s) => s.end('b'))]);
    const answers: string[] = [];
    for (let i = 0; i < 4; i++) {
      const answer = await fetch(balancer.url);
      answers.push(`${answer.headers.get(instanceHeader)}${await answer.text()}`);
    }
    expect(answers).toEqual(['1a', '2b', '1a', '2b']);
    expect(balancer.answered).toEqual([2, 2]);
  });

  it('obeys a pin, and keeps it from the app', async () => {
    const headers: unknown[] = [];
    const listener: RequestListener = (q, s) => s.end(String(headers.push(q.headers[pinHeader])));
    balancer = await startBalancer([await instance(listener), await instance(listener)]);
    const pinned = await fetch(balancer.url, { headers: { [pinHeader]: '2' } });
    expect(pinned.headers.get(instanceHeader)).toBe('2');
    expect(headers).toEqual([undefined]);
  });

  it('tells the app who asked, and that TLS ended here', async () => {
    balancer = await startBalancer([await instance((q, s) => s.end(JSON.stringify(q.headers)))]);
    const seen = await (await fetch(balancer.url)).json();
    expect(seen).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' });
  });

  it('keeps idle connections as long as it was told to, whatever the instance says', async () => {
    const closed: string[] = [];
    const target = await instance((q, s) => {
      q.socket.once('close', () => closed.push(q.url ?? ''));
      s.end('ok');
    });
    target.server.keepAliveTimeout = 1_000; // Node's own agent would close the connection at once.
    balancer = await startBalancer([target], 0, { keepsIdleMs: 300 });
    await (await fetch(`${balancer.url}/a`, { method: 'POST' })).text();
    const idleSince = performance.now();
    await expect.poll(() => closed).toEqual(['/a']);
    const idleMs = performance.now() - idleSince;
    expect(idleMs).toBeGreaterThan(200);
    expect(idleMs).toBeLessThan(1_500); // The instance itself would close it after two seconds.
  });

  it('sends nothing twice when it keeps connections for a time of its own', async () => {
    const used = new WeakSet<object>();
    const target = await instance((q, s) => {
      if (used.has(q.socket)) return q.socket.resetAndDestroy();
      used.add(q.socket);
      return s.end('ok');
    });
    balancer = await startBalancer([target], 0, { keepsIdleMs: 5_000 });
    expect((await fetch(balancer.url)).status).toBe(200);
    expect((await fetch(balancer.url)).status).toBe(502);
  });

  it('answers 502 for an instance that refuses connections', async () => {
    balancer = await startBalancer([{ host: '127.0.0.1', port: await freePort() }]);
    const answer = await fetch(balancer.url);
    expect(answer.status).toBe(502);
    expect(await answer.text()).toContain('ECONNREFUSED');
  });

  it('breaks the answer off when the instance dies in the middle of it', async () => {
    const dying = await instance((_q, s) => {
      s.writeHead(200, { 'content-length': 100 }).write('half');
      setImmediate(() => s.destroy());
    });
    balancer = await startBalancer([dying]);
    await expect(fetch(balancer.url).then((answer) => answer.text())).rejects.toThrow();
  });

  it('goes away from the instance when the client goes away', async () => {
    const gone = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    balancer = await startBalancer([
      await instance((_q, s) => {
        s.on('close', gone.resolve);
        reached.resolve();
      }),
    ]);
    const leave = new AbortController();
    const request = fetch(balancer.url, { signal: leave.signal }).catch(() => {});
    await reached.promise;
    leave.abort();
    await request;
    await gone.promise;
  });

  it('does not send a request again that its client has given up, also on a kept connection', async () => {
    let reached = 0;
    let arrived = Promise.withResolvers<void>();
    const target = await instance((q, s) => {
      if (q.url === '/warm') return s.end('ok');
      reached++;
      arrived.resolve();
      return s; // No answer: the client goes away first.
    });
    balancer = await startBalancer([target]);
    for (let round = 1; round <= 3; round++) {
      arrived = Promise.withResolvers<void>();
      await (await fetch(`${balancer.url}/warm`)).text();
      const leave = new AbortController();
      const request = fetch(balancer.url, { signal: leave.signal }).catch(() => {});
      await arrived.promise;
      leave.abort();
      await request;
      await (await fetch(`${balancer.url}/warm`)).text();
      expect(reached).toBe(round);
    }
  });

  // An instance closes a kept connection after some idle seconds, also one on which a request is just arriving: on a busy
  // machine it finds that the seconds are over before it reads the request.
  describe.each(['GET', 'HEAD', 'POST', 'PUT', 'DELETE'])(
    'with kept connections that the instance gives up: %s',
    (method) => {
      it('is answered, and reaches the instance once', async () => {
        const used = new WeakSet<object>();
        let answered = 0;
        let warming = 0;
        const allWarm = Promise.withResolvers<void>();
        const target = await instance(async (q, s) => {
          if (used.has(q.socket)) return q.socket.resetAndDestroy();
          used.add(q.socket);
          if (q.url === '/warm') {
            if (++warming === 3) allWarm.resolve();
            await allWarm.promise; // So that three connections are kept.
          } else answered++;
          return s.end('ok');
        });
        balancer = await startBalancer([target]);
        await Promise.all([1, 2, 3].map(async () => (await fetch(`${balancer.url}/warm`)).text()));
        const body = method === 'POST' || method === 'PUT' ? 'something' : undefined;
        const answer = await fetch(balancer.url, { method, body });
        expect({ status: answer.status, answered }).toEqual({ status: 200, answered: 1 });
      });
    },
  );

  it('passes Secure cookies on, and takes Secure off for the load generator', async () => {
    const cookies = ['a=1; Path=/; Secure; HttpOnly', 'secure=2; SameSite=Lax; secure'];
    balancer = await startBalancer([await instance((_q, s) => s.writeHead(200, { 'set-cookie': cookies }).end())]);
    expect((await fetch(balancer.url)).headers.getSetCookie()).toEqual(cookies);
    balancer.stripSecure = true;
    expect((await fetch(balancer.url)).headers.getSetCookie()).toEqual([
      'a=1; Path=/; HttpOnly',
      'secure=2; SameSite=Lax',
    ]);
  });
});
