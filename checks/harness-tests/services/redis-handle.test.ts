import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { markerKey } from '../../harness/os/owner.ts';
import { handleOf, openRedis } from '../../harness/services/redis/handle.ts';
import { startRedis } from '../../harness/services/redis/index.ts';
import { fakeRun, privateServer, survivors } from './fake-run.ts';

const patient = { timeout: 5_000 };

describe('the Redis of a check', () => {
  it('shows what the app wrote: keys, times to live, and nothing of ours', async () => {
    await using run = fakeRun();
    await using user = await privateServer(run);
    const redis = await openRedis(run.options({ REDIS_URL: user.url }));
    const app = new Redis(redis.appUrl);
    await app.set('b', '1', 'PX', 60_000);
    await app.set('a', '1');
    expect(await redis.keys()).toEqual(['a', 'b']);
    expect(await redis.ttlMs('b')).toBeGreaterThan(50_000);
    expect(await redis.ttlMs('a')).toBe(-1);
    expect(await redis.ttlMs('none')).toBe(-2);
    await redis.clear();
    expect(await redis.keys()).toEqual([]);
    expect(await redis.client.exists(markerKey)).toBe(1);
    app.disconnect();
    await redis.close();
  });

  it('can be cut off from the app and given back, while the check still reads it', async () => {
    await using run = fakeRun();
    const redis = await handleOf(await privateServer(run));
    expect(redis.connectionsSoFar).toBe(0);
    const app = new Redis(redis.appUrl, { retryStrategy: () => 10, maxRetriesPerRequest: 0 });
    app.on('error', () => {});
    await app.set('key', '1');
    expect(redis.connectionsSoFar).toBe(1);
    await redis.cut();
    await expect(app.get('key')).rejects.toThrow();
    expect(await redis.client.get('key')).toBe('1');
    expect(await redis.alive()).toBe(true);
    await redis.restore();
    await expect.poll(() => app.get('key').catch(() => undefined), patient).toBe('1');
    app.disconnect();
    await redis.close();
    expect(survivors(run)).toEqual([]);
  });

  it('can be slow or hang for the app, and is as it was after restore', async () => {
    await using run = fakeRun();
    const redis = await handleOf(await privateServer(run));
    const app = new Redis(redis.appUrl, { commandTimeout: 2_000 });
    await app.set('key', '1');
    redis.delay(100);
    const slowFrom = performance.now();
    expect(await app.get('key')).toBe('1');
    expect(performance.now() - slowFrom).toBeGreaterThanOrEqual(99);
    redis.pause();
    let answered = false;
    const held = app.get('key').then((value) => {
      answered = true;
      return value;
    });
    // Round trips of the check's own client pass meanwhile, more than enough for a leak to show.
    for (let trip = 0; trip < 200; trip++) await redis.client.ping();
    expect(answered).toBe(false);
    await redis.restore();
    expect(await held).toBe('1');
    app.disconnect();
    await redis.close();
  });

  it('gives one connection its replies while those of the others are held', async () => {
    await using run = fakeRun();
    const redis = await handleOf(await privateServer(run));
    const apps = [new Redis(redis.appUrl), new Redis(redis.appUrl)];
    for (const app of apps) await app.set('key', '1');
    redis.holdReplies();
    expect(redis.freeOne()).toBe(false);
    const answered: number[] = [];
    const asked = Promise.all(apps.map((app, i) => app.get('key').then(() => answered.push(i))));
    await expect.poll(() => redis.freeOne(), patient).toBe(true);
    await expect.poll(() => answered.length, patient).toBe(1);
    const [free, held] = answered[0] === 0 ? [0, 1] : [1, 0];
    expect(await (apps[free] as Redis).incr('key')).toBe(2);
    expect(answered).not.toContain(held);
    redis.resume();
    await asked;
    expect(answered).toHaveLength(2);
    for (const app of apps) app.disconnect();
    await redis.close();
  });

  it('can hang for the app, until it is resumed or restored', async () => {
    await using run = fakeRun();
    const redis = await handleOf(await privateServer(run));
    const app = new Redis(redis.appUrl);
    await app.set('key', '1');
    for (const goOn of [() => redis.resume(), () => redis.restore()]) {
      redis.pause();
      let answer: string | null | undefined;
      const asked = app.get('key').then((value) => {
        answer = value;
      });
      expect(await redis.client.get('key')).toBe('1');
      expect(answer).toBeUndefined();
      await goOn();
      await asked;
      expect(answer).toBe('1');
    }
    app.disconnect();
    await redis.close();
  });

  it('opens a door for one app that can be held, or let hear one reply, while the other app is not', async () => {
    await using run = fakeRun();
    const redis = await handleOf(await privateServer(run));
    const door = await redis.openDoor();
    const [held, other] = [new Redis(door.url), new Redis(redis.appUrl)];
    await held.set('key', '1');
    door.pause();
    const paused = held.set('key', '2');
    for (let trip = 0; trip < 50; trip++) expect(await other.get('key')).toBe('1');
    door.resume();
    await paused;
    door.holdReplies();
    expect(door.heldBytes).toBe(0);
    let heard = false;
    const unheard = held.set('key', '3').then(() => {
      heard = true;
    });
    await expect.poll(() => other.get('key'), patient).toBe('3');
    expect(heard).toBe(false);
    await expect.poll(() => door.heldBytes, patient).toBeGreaterThan(0);
    door.resume();
    await unheard;
    expect(door.heldBytes).toBe(0);
    door.holdReplies();
    const heardOf: number[] = [];
    const inTurn = (async () => {
      for (const n of [1, 2]) heardOf.push(await held.incrby('count', n));
    })();
    await expect.poll(() => other.get('count'), patient).toBe('1');
    expect(heardOf).toEqual([]);
    door.passReply();
    await expect.poll(() => other.get('count'), patient).toBe('3');
    expect(heardOf).toEqual([1]);
    door.resume();
    await inTurn;
    for (const app of [held, other]) app.disconnect();
    await redis.close();
    expect(survivors(run)).toEqual([]);
  });

  it('tells when the server itself has died', async () => {
    await using run = fakeRun();
    const redis = await handleOf(await privateServer(run));
    for (const child of run.children) child.kill('SIGKILL');
    await expect.poll(() => redis.alive(), patient).toBe(false);
    await redis.close();
  });

  it('passes a password on to the app', async (context) => {
    await using run = fakeRun();
    await using user = await privateServer(run);
    if (user.isStandIn) context.skip('the stand-in has no passwords');
    const admin = new Redis(user.url);
    await admin.config('SET', 'requirepass', 'p@ss');
    const host = new URL(user.url).host;
    const redis = await handleOf(await startRedis(run.options({ REDIS_URL: `redis://:p%40ss@${host}` })));
    const app = new Redis(redis.appUrl);
    expect(await app.ping()).toBe('PONG');
    for (const client of [app, admin]) client.disconnect();
    await redis.close();
  });
});
