import { spawnSync } from 'node:child_process';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { isDead, markerKey, thisOwner } from '../../harness/os/owner.ts';
import { freePort } from '../../harness/os/ports.ts';
import { parseRedisUrl, redisUrl } from '../../harness/services/redis/address.ts';
import { startRedis } from '../../harness/services/redis/index.ts';
import { fakeRun, privateServer } from './fake-run.ts';

const databases = Array.from({ length: 15 }, (_, index) => index + 1);

/** A user's server, a client of it, and a way to start a check against it. */
async function userRedis() {
  const run = fakeRun();
  const server = await privateServer(run);
  const client = new Redis(server.url, { lazyConnect: true });
  await client.connect();
  return {
    client,
    server,
    borrow: (url = server.url) => startRedis(run.options({ REDIS_URL: url })),
    put: async (database: number, key: string, value: string) => {
      await client.select(database);
      await client.set(key, value);
    },
    keysIn: async (database: number) => {
      await client.select(database);
      return (await client.keys('*')).sort();
    },
    async [Symbol.asyncDispose]() {
      client.disconnect();
      await server.stop();
      await run[Symbol.asyncDispose]();
    },
  };
}

describe('a Redis at REDIS_URL', () => {
  it('lends an empty database and gets it back empty, whatever number the URL names', async () => {
    await using user = await userRedis();
    await user.put(0, 'theirs', '1');
    const borrowed = await user.borrow();
    expect(borrowed.label).toBe('REDIS_URL, database 15');
    expect(borrowed.url).toBe(user.server.url.replace(/\/0$/, '/15'));
    const app = new Redis(borrowed.url);
    await app.mset(Object.fromEntries(Array.from({ length: 2_500 }, (_, n) => [`ours:${n}`, '1'])));
    await app.set(Buffer.from([0xff, 0xfe]), 'not UTF-8');
    app.disconnect();
    await borrowed.stop();
    expect(await user.keysIn(15)).toEqual([]);
    expect(await user.keysIn(0)).toEqual(['theirs']);
  });

  it('keeps every database that holds keys', async () => {
    await using user = await userRedis();
    await user.put(15, 'theirs', '1');
    await user.put(14, 'theirs', '1');
    const borrowed = await user.borrow();
    expect(borrowed.label).toBe('REDIS_URL, database 13');
    await borrowed.stop();
    expect(await user.keysIn(15)).toEqual(['theirs']);
    expect(await user.keysIn(14)).toEqual(['theirs']);
  });

  it('lends different databases to checks that start at the same time', async () => {
    await using user = await userRedis();
    const borrowed = await Promise.all([user.borrow(), user.borrow(), user.borrow(), user.borrow()]);
    expect(new Set(borrowed.map((one) => one.url)).size).toBe(4);
    await Promise.all(borrowed.map((one) => one.stop()));
    for (const database of databases) expect(await user.keysIn(database)).toEqual([]);
  });

  it('refuses when all 15 databases hold keys, and deletes none of them', async () => {
    await using user = await userRedis();
    for (const database of databases) await user.put(database, 'theirs', '1');
    await expect(user.borrow()).rejects.toThrow(
      /^REDIS_URL \(127\.0\.0\.1:\d+\) has no free database: each of 1 to 15 holds keys\. Nothing was deleted\.$/,
    );
    for (const database of databases) expect(await user.keysIn(database)).toEqual(['theirs']);
  });

  it('is cleaned up after a check that was killed', async () => {
    await using user = await userRedis();
    const { pid } = spawnSync(process.execPath, ['--version']);
    await user.put(9, markerKey, JSON.stringify({ ...thisOwner(), pid }));
    await user.put(9, 'left-over', '1');
    const borrowed = await user.borrow();
    expect(await user.keysIn(9)).toEqual([]);
    await borrowed.stop();
  });

  it('keeps what a living check, or one on another machine, has claimed', async () => {
    await using user = await userRedis();
    const { pid } = spawnSync(process.execPath, ['--version']);
    await user.put(15, markerKey, JSON.stringify(thisOwner()));
    await user.put(14, markerKey, JSON.stringify({ ...thisOwner(), pid, machine: 'another' }));
    const borrowed = await user.borrow();
    expect(borrowed.label).toBe('REDIS_URL, database 13');
    await borrowed.stop();
    expect(await user.keysIn(15)).toEqual([markerKey]);
    expect(await user.keysIn(14)).toEqual([markerKey]);
  });

  it('is not cleaned by a check whose database was flushed by the app and then claimed by another check', async () => {
    await using user = await userRedis();
    const first = await user.borrow();
    await user.client.select(15);
    await user.client.flushdb();
    const second = await user.borrow();
    expect(second.url).toBe(first.url);
    await user.put(15, 'of-the-second', '1');
    await first.stop();
    expect(await user.keysIn(15)).toEqual([markerKey, 'of-the-second'].sort());
    await second.stop();
    expect(await user.keysIn(15)).toEqual([]);
  });

  it('that does not answer is an error, never silently another Redis', async () => {
    await using run = fakeRun();
    const port = await freePort();
    await expect(startRedis(run.options({ REDIS_URL: `redis://127.0.0.1:${port}` }))).rejects.toThrow(
      `no Redis answers at REDIS_URL (127.0.0.1:${port}); unset it to use the built-in one`,
    );
    await expect(startRedis(run.options({ REDIS_URL: '/run/redis.sock' }))).rejects.toThrow(
      'REDIS_URL is not of the form redis://host:port',
    );
  });

  it('with a password is used with it and named without it', async (context) => {
    await using user = await userRedis();
    if (user.server.isStandIn) context.skip('the stand-in has no passwords');
    const secret = 'p@ss/wörd';
    await user.client.config('SET', 'requirepass', secret);
    const url = new URL(user.server.url);
    await expect(user.borrow()).rejects.toThrow(/refuses the connection: NOAUTH/);
    const error = await user.borrow(`redis://:wrong-one@${url.host}`).catch((one: Error) => one);
    expect(error).toMatchObject({ message: expect.stringMatching(/refuses the connection: WRONGPASS/) });
    expect(error).toMatchObject({ message: expect.not.stringContaining('wrong-one') });
    const borrowed = await user.borrow(`redis://:${encodeURIComponent(secret)}@${url.host}`);
    const app = new Redis(borrowed.url);
    expect(await app.get(markerKey)).toContain(`"pid":${process.pid}`);
    app.disconnect();
    await borrowed.stop();
  });

  it('with a user and a password is used as that user', async (context) => {
    await using user = await userRedis();
    if (user.server.isStandIn) context.skip('the stand-in has no users');
    await user.client.call('ACL', 'SETUSER', 'ada', 'on', '>secret', '~*', '+@all');
    const borrowed = await user.borrow(`redis://ada:secret@${new URL(user.server.url).host}`);
    const app = new Redis(borrowed.url);
    expect(await app.call('ACL', 'WHOAMI')).toBe('ada');
    app.disconnect();
    await borrowed.stop();
  });

  it('that allows no other database than 0 is refused', async (context) => {
    await using user = await userRedis();
    if (user.server.isStandIn) context.skip('the stand-in has no users');
    await user.client.call('ACL', 'SETUSER', 'eve', 'on', '>secret', '~*', '+@all', '-select');
    await expect(user.borrow(`redis://eve:secret@${new URL(user.server.url).host}`)).rejects.toThrow(
      /lets us use no database besides 0, and that one is yours: NOPERM/,
    );
    expect(await user.keysIn(0)).toEqual([]);
  });
});

describe('the owner of a claimed database', () => {
  it('is alive while its process runs and dead when another process has its pid', () => {
    const owner = thisOwner();
    expect(isDead(owner)).toBe(false);
    expect(isDead({ ...owner, startedAt: owner.startedAt + 60 })).toBe(owner.startedAt > 0);
  });
});

describe('a Redis address', () => {
  it('survives reading and writing', () => {
    for (const url of [
      'redis://127.0.0.1:6379/3',
      'rediss://ada:p%40ss@cache.example:6380/3',
      'redis://[::1]:6379/3',
    ]) {
      const address = parseRedisUrl(url);
      expect(address && redisUrl(address, 3)).toBe(url);
    }
  });

  it('may leave out scheme and port', () => {
    expect(parseRedisUrl('cache.example')).toMatchObject({ host: 'cache.example', port: 6379, tls: false });
    expect(parseRedisUrl('http://cache.example')).toBeUndefined();
  });
});
