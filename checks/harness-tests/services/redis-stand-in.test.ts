import { once } from 'node:events';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { listeningPorts } from '../../harness/os/listening-ports.ts';
import { processTree } from '../../harness/os/processes.ts';
import { redisStandIn } from '../../harness/services/redis/stand-in.ts';
import { fakeRun, survivors } from './fake-run.ts';

const patient = { timeout: 5_000 };

describe('the stand-in', () => {
  it('answers SET, GET, EXPIRE, TTL, SCAN, MULTI, SELECT and Lua, and says what it is', async () => {
    await using run = fakeRun();
    const server = await redisStandIn().start(run.options());
    expect(server).toMatchObject({ isStandIn: true, label: 'js-redis-server 0.3.0 (stand-in)' });
    const client = new Redis(server.url);
    expect(await client.set('key', 'value')).toBe('OK');
    expect(await client.set('key', 'other', 'NX')).toBeNull();
    expect(await client.get('key')).toBe('value');
    expect(await client.expire('key', 60)).toBe(1);
    expect(await client.ttl('key')).toBe(60);
    expect(await client.scan(0, 'MATCH', 'k*')).toEqual(['0', ['key']]);
    expect(await client.multi().incr('n').incr('n').exec()).toEqual([
      [null, 1],
      [null, 2],
    ]);
    expect(await client.eval('return redis.call("GET", KEYS[1])', 1, 'key')).toBe('value');
    await client.set('short', '1', 'PX', 20);
    await expect.poll(() => client.exists('short'), patient).toBe(0);
    await client.select(7);
    expect(await client.dbsize()).toBe(0);
    client.disconnect();
    await server.stop();
    expect(survivors(run)).toEqual([]);
  });

  it('listens on 127.0.0.1 only and ends with its parent', async () => {
    await using run = fakeRun();
    const server = await redisStandIn().start(run.options());
    const [child] = run.children;
    const ports = listeningPorts(processTree(child?.pid ?? 0));
    if (ports) expect(ports).toEqual([Number(new URL(server.url).port)]);
    const elsewhere = new Redis({
      host: '::1',
      port: Number(new URL(server.url).port),
      lazyConnect: true,
      retryStrategy: () => null,
    });
    elsewhere.on('error', () => {});
    await expect(elsewhere.connect()).rejects.toThrow();
    const ended = child && once(child, 'exit');
    child?.disconnect(); // What the system does when the parent dies.
    await ended;
    await server.stop();
  });
});
