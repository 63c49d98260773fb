import { setTimeout as delay } from 'node:timers/promises';
import {
  BehaviourFailure,
  type CheckDefinition,
  type Instance,
  type RedisHandle,
  type Stage,
  seemsLonger,
} from '../harness/sdk/index.ts';
import { mustOutliveTheCut } from './cut.ts';
import { eachRoute, read } from './each-route.ts';
import { mustHoldAgain } from './holds-again.ts';
import { mustPassHoweverMany } from './however-many.ts';
import { exports, failedLogins, newAddress, reads, tokenOf, untilCounting } from './limits.ts';
import { mustBeQuick, mustBeQuickTogether } from './quick.ts';
import { useUpReads } from './refused-before.ts';
import { mustForgetInTime, startRemembering } from './remembered-refusals.ts';
import { together } from './together.ts';
import { askInVain } from './uncounted.ts';

/**
 * Longer than clients that give up after ten or twenty quick attempts go on trying. And a client that doubles its pauses, as ioredis
 * does if nobody tells it otherwise, has just begun one of more than three seconds: it tries after 7 s and after 12.
 */
const outageMs = 7_700;
/** A client that gives up after a hundred attempts does so in half a minute. To its timers that is a second. */
const hurriedMs = 1_000;
const hurried = 30;
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
      const remembering = await startRemembering(t);
      const { redis, env, apps: first, tokens } = await startTwo(t);
      const refused = await useUpReads(t, first, tokens[1], windowS);
      const cutAt = await mustOutliveTheCut(t, redis, first, tokens[0]);
      t.trail.begin('Redis stops');
      for (const app of first) await mustDoWithout(t, redis, app, tokens[0]);
      t.trail.begin('a client is refused; then Redis stops');
      for (const app of first) for (const one of refused) await mustBeQuick(t, redis, app, one);
      t.trail.begin('Redis stops');
      const from = newAddress();
      const crowd = [
        { ...read, from },
        { ...read, from, token: tokens[0] },
      ];
      const readOn = async () => {
        for (let n = 0; performance.now() < cutAt + outageMs; n++) {
          const token = n % 2 ? tokens[0] : undefined;
          for (const app of first) await mustBeQuick(t, redis, app, { ...read, from, token });
          await mustPassHoweverMany(t, redis, first, crowd);
          await delay(200);
        }
      };
      const [third] = await together([startWithoutRedis(t, env), readOn(), mustForgetInTime(t, remembering)]);
      t.trail.begin('Redis stops, and one more instance is started without it');
      await mustDoWithout(t, redis, third, tokens[0]);
      const apps = [...first, third];
      const mustNotCount = await askInVain(t, redis, apps, tokens[2]);
      await seemsLonger(apps, hurried, hurriedMs);
      const hasTried = await restoreEmpty(redis, apps);
      t.trail.begin(`Redis was away for ${Math.round(outageMs / 1_000)} s, and is back, without its keys and scripts`);
      await mustHoldAgain(t, apps, tokens[0], [reads, failedLogins, exports], hasTried);
      await mustNotCount();
      await redis.cut();
      for (const app of apps) await mustBeQuick(t, redis, app, read);
      const hasTriedAgain = await restoreEmpty(redis, apps);
      t.trail.begin('Redis was away once more, for a moment, and is back, without its keys and scripts');
      // Whoever comes first may bring the script of all.
      await mustHoldAgain(t, apps, tokens[1], [exports, failedLogins, reads], hasTriedAgain);
      await mustNotCountWhatWaits(t, redis, apps, tokens);
    },
    { background: true, limitMs: 60_000 },
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
      const { redis, apps, tokens } = await startTwo(t);
      t.trail.begin('Redis hangs: it takes connections and answers nothing');
      redis.pause();
      for (const app of apps) await mustDoWithout(t, redis, app, tokens[0]);
      await mustBeQuickTogether(t, redis, apps);
      redis.resume();
      t.trail.begin('Redis answers again');
      await mustHoldAgain(t, apps, tokens[0], [reads, failedLogins, exports]);
      redis.delay(50);
      t.trail.begin('Redis takes 50 ms for each reply');
      await mustHoldAgain(t, apps, tokens[1], [reads, failedLogins, exports]);
    },
    { further: true, limitMs: 45_000 },
  );
}

/** A deployment does not wait until Redis is back. */
async function startWithoutRedis(t: Stage, env: Record<string, string>): Promise<Instance> {
  try {
    return await t.startExtra({ env });
  } catch (error) {
    if (!(error instanceof BehaviourFailure)) throw error;
    throw new BehaviourFailure({
      ...error.failure,
      trail: [{ what: 'Redis stops, and one more instance is started without it' }, ...error.failure.trail],
      because:
        'Without Redis reads pass, by the contract, also on an instance that starts then. This one does not listen.',
      lookAt: 'what does src/server.ts wait for, and what does it do if that does not come?',
    });
  }
}

/** In a Redis that has lost its scripts, a command that names one by its hash does nothing. This one keeps them. */
async function mustNotCountWhatWaits(t: Stage, redis: RedisHandle, apps: Instance[], tokens: Tokens): Promise<void> {
  await redis.cut();
  t.trail.begin('Redis stops');
  for (const app of apps) await mustBeQuick(t, redis, app, read); // It knows now that it has no connection.
  const mustNotCount = await askInVain(t, redis, apps, tokens[2]);
  await redis.clear();
  await redis.restore();
  t.trail.begin('Redis was away for a moment, and is back, with its scripts and without its keys');
  await mustHoldAgain(t, apps, tokens[1], [failedLogins, exports]);
  await mustNotCount();
}

/** As after a restart. Returns who tells whether all of them can have connected since. */
async function restoreEmpty(redis: RedisHandle, apps: Instance[]): Promise<() => boolean> {
  await redis.clear();
  await redis.forgetScripts();
  const before = redis.connectionsSoFar;
  await redis.restore();
  return () => redis.connectionsSoFar >= before + apps.length;
}

type Tokens = [string, string, string];

interface Started {
  redis: RedisHandle;
  env: Record<string, string>;
  apps: Instance[];
  tokens: Tokens;
}

async function startTwo(t: Stage): Promise<Started> {
  const redis = await t.startRedis();
  const seconds = String(windowS);
  const env = { REDIS_URL: redis.appUrl, WINDOW_S: seconds, LOGIN_WINDOW_S: seconds, EXPORT_WINDOW_S: seconds };
  const apps = await together([t.startExtra({ env }), t.startExtra({ env })]);
  await untilCounting(t, ...apps);
  const [ada, grace] = [await tokenOf(t, 'ada', apps[0]), await tokenOf(t, 'grace', apps[0])];
  return { redis, env, apps, tokens: [ada, grace, await tokenOf(t, 'linus', apps[0])] };
}

async function mustDoWithout(t: Stage, redis: RedisHandle, app: Instance, token: string): Promise<void> {
  for (const asked of eachRoute(token)) await mustBeQuick(t, redis, app, asked);
}
