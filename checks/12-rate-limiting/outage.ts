import { setTimeout as delay } from 'node:timers/promises';
import {
  type Answer,
  type CheckDefinition,
  disturbs,
  type Instance,
  lastAttempt,
  MachineWatch,
  type RedisHandle,
  type Stage,
} from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import { newAddress, passwords, reads, tokenOf, untilCounting } from './limits.ts';

/** What the contract says, and a busy machine may take twice as long. */
const answerWithinMs = 2 * 500;
const holdsWithinMs = 3_000;
/** Longer than clients that give up after ten or twenty quick attempts go on trying. */
const outageMs = 5_000;
/** A window that is not over before the limits must hold again. */
const windowS = 30;

export function redisAwayBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'redis-away',
    'without Redis reads pass and logins and exports are 503, and limits hold again within 3 s',
    {
      because: 'An outage of the store that counts has become an outage of the shop.',
      lookAt: 'what does each limiter do when its command to Redis fails?',
    },
    async (t) => {
      const { redis, apps } = await startTwo(t);
      const token = await tokenOf(t, 'ada', apps[0]);
      t.trail.begin('Redis stops');
      await redis.cut();
      const until = performance.now() + outageMs;
      for (const app of apps) await mustDoWithout(t, app, token);
      while (performance.now() < until) {
        for (const app of apps) await mustBeQuick(t, app, 'GET', '/events', undefined, [200]);
        await delay(200);
      }
      await redis.clear();
      await redis.forgetScripts();
      await redis.restore();
      t.trail.begin(`Redis was away for ${outageMs / 1_000} s, and is back, without its keys and scripts`);
      await mustHoldAgain(t, apps, token);
      await redis.cut();
      for (const app of apps) await mustBeQuick(t, app, 'GET', '/events', undefined, [200]);
      await redis.restore();
      t.trail.begin('Redis was away once more, for a moment, and is back');
      await mustHoldAgain(t, apps, token);
    },
    { background: true, limitMs: 45_000 },
  );
}

export function slowRedisBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'redis-slow',
    'a Redis that takes connections and does not answer is away; one that takes 50 ms is not',
    {
      because: 'The connection is there, and nothing ends the wait for a reply. All customers wait with it.',
      lookAt: 'how long may a command to Redis take, by the options of the client?',
    },
    async (t) => {
      const { redis, apps } = await startTwo(t);
      const token = await tokenOf(t, 'ada', apps[0]);
      t.trail.begin('Redis hangs: it takes connections and answers nothing');
      redis.pause();
      for (const app of apps) await mustDoWithout(t, app, token);
      redis.resume();
      t.trail.begin('Redis answers again');
      await mustHoldAgain(t, apps, token);
      redis.delay(50);
      t.trail.begin('Redis takes 50 ms for each reply');
      await mustHoldAgain(t, apps, token);
    },
    { further: true, limitMs: 45_000 },
  );
}

async function startTwo(t: Stage): Promise<{ redis: RedisHandle; apps: Instance[] }> {
  const redis = await t.startRedis();
  const seconds = String(windowS);
  const env = { REDIS_URL: redis.appUrl, WINDOW_S: seconds, LOGIN_WINDOW_S: seconds, EXPORT_WINDOW_S: seconds };
  const apps = await Promise.all([t.startExtra({ env }), t.startExtra({ env })]);
  await untilCounting(t, ...apps);
  return { redis, apps };
}

async function mustDoWithout(t: Stage, app: Instance, token: string): Promise<void> {
  for (const path of ['/events', '/events/3'])
    for (const bearer of [undefined, token]) await mustBeQuick(t, app, 'GET', path, bearer, [200]);
  for (const password of [passwords.ada, 'a guess'])
    await mustBeQuick(t, app, 'POST', '/login', undefined, [503], { username: 'ada', password });
  await mustBeQuick(t, app, 'POST', '/exports', token, [503]);
}

async function mustBeQuick(
  t: Stage,
  app: Instance,
  method: string,
  path: string,
  token: string | undefined,
  right: number[],
  body?: unknown,
): Promise<void> {
  const length = t.trail.length;
  const answer = await lastAttempt(
    async () => {
      t.trail.retell(length);
      const headers = { 'x-forwarded-for': newAddress(), ...(token ? { authorization: `Bearer ${token}` } : {}) };
      return t.visitor({ at: app }).send(method, path, body, { headers, unanswered: waits });
    },
    ({ ms }) => ms <= answerWithinMs,
  );
  answer.mustBe(right, inVain(answer));
  t.atMost(`${method} ${path} without Redis`, answer.ms, answerWithinMs, 'ms', waits);
  t.trail.retell(length);
}

const waits = {
  because: 'The request waits for Redis, which is away. By the contract it has half a second for that.',
  lookAt: 'how long does the Redis client try, queue or wait before a command fails?',
};

/** What a wrong answer without Redis means. */
function inVain({ request, status }: Answer) {
  if (request.startsWith('GET')) return {};
  if (status === 200 || status === 401)
    return {
      because: 'Nobody counts, and passwords are still compared. Whoever takes Redis down may guess without a limit.',
      lookAt: 'what does the limit on logins do when its command to Redis fails?',
    };
  return {
    because: 'An outage that will pass is a 503. Clients and balancers know what to do with that.',
    lookAt: 'what does the error handler make of an error of the store?',
  };
}

async function mustHoldAgain(t: Stage, apps: Instance[], token: string): Promise<void> {
  const startedAt = performance.now();
  const watch = new MachineWatch();
  const { length } = t.trail;
  for (;;) {
    t.trail.retell(length);
    const waitedMs = performance.now() - startedAt;
    const late = waitedMs > holdsWithinMs && (waitedMs > 3 * holdsWithinMs || !disturbs(watch.otherCoresBusy()));
    const client = new Client(t, reads, { apps, from: newAddress(), windowS });
    await client.asks(12);
    const authorization = `Bearer ${token}`;
    const visitor = t.visitor({ at: apps[0] as Instance });
    const made = await visitor.post('/exports', undefined, { headers: { authorization } });
    t.trail.retell(length);
    if (client.passed <= reads.most && made.is(202, 429)) return;
    t.require(!late, {
      step: '12 reads of one client, over two instances, and an export',
      expected: `at most ${reads.most} reads that pass, and an export that is counted, after ${holdsWithinMs / 1_000} s`,
      seen: `${client.passed} reads passed; the export: ${made.status}`,
      because:
        'Redis is there, and the limits do not hold. The client has given up or pauses for too long, a script is gone, or each process counts for itself since.',
      lookAt: 'what does retryStrategy return for the twentieth attempt, and what else decides whether Redis is asked?',
    });
    await delay(50);
  }
}
