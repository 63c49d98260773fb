import {
  type CheckDefinition,
  type Instance,
  type RedisHandle,
  type Stage,
  wantedCoreMs,
} from '../harness/sdk/index.ts';
import { mustBeCold } from './cold.ts';
import { ownRedis, untilReady } from './ready.ts';
import { inSeconds, mustTryAgain } from './tries.ts';
import { startInTurn } from './turns.ts';
import { inWords, send } from './wire.ts';

/** Another list than src/migrate.ts has. */
const list: Record<string, number> = { berlin: 4_100, umeå: 3_300, constructor: 2_700 };
const coldMs = 700;
/** Of the cold time. Code that tries ten times at short pauses has given up before, and pauses that grow have grown. */
const counted = { fromMs: 2_600, forMs: 6_000 };
/** After ten tries, one a second, and one more. */
const tenTriesMs = 10_600;
/** By then pauses that double each time are longer than 4 s, whether they began at 100 ms, at 1 s or in between. */
const goneMs = 7_700;
/** The contract's second, what an app does with the list, and what a busy machine may add. */
const loadedWithinMs = 4_000;
/** Of an instance that has given up, another one here tells what it did not do. */
const loadedAtLastMs = 8_000;
/** What an instance may rest before it listens. A command that nobody answers takes 3 s. */
const restsAtMostMs = 1_500;

/** Line 7. */
export function warmBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'warm',
    'an instance is live at once, and not ready until it has the price list',
    {
      because:
        'The balancer sends requests to whatever says that it is ready. An instance without its prices answers that there is no such event.',
      lookAt: 'what does GET /ready know of the price list, and who tries again when it could not be loaded?',
    },
    async (t) => {
      // They share one trail, so each failure tells its own steps, and nothing else is told.
      await Promise.all([listComesLate(t), redisIsGone(t), redisHangs(t)]);
    },
    { limitMs: 60_000, background: true },
  );
}

async function listComesLate(t: Stage): Promise<void> {
  const redis = await t.startRedis();
  const app = await startAtOnce(t, redis, 'while there is no price list', tenTriesMs + coldMs);
  const at = performance.now();
  await mustBeCold(t, app, 'while there is no price list', counted.fromMs);
  await mustTryAgain(t, app, redis, counted.forMs);
  await mustBeCold(t, app, 'while there is still no price list', at + tenTriesMs - performance.now());
  await redis.client.hset('encore:prices', list);
  const seconds = inSeconds(performance.now() - at);
  await mustBeWarm(t, app, `the price list comes ${seconds} after the start`, loadedWithinMs);
}

async function redisIsGone(t: Stage): Promise<void> {
  const redis = await ownRedis(t, list);
  await redis.cut();
  const app = await startAtOnce(t, redis, 'while Redis is gone', goneMs + coldMs);
  await mustBeCold(t, app, 'while Redis is gone', goneMs);
  await redis.restore();
  await mustBeWarm(t, app, `Redis comes ${inSeconds(goneMs)} after the start`, loadedWithinMs);
}

async function redisHangs(t: Stage): Promise<void> {
  const redis = await t.startRedis();
  redis.pause();
  const app = await startAtOnce(t, redis, 'while Redis hangs', coldMs * 2);
  await mustBeCold(t, app, 'while Redis hangs', coldMs);
  await redis.client.set('encore:prices', 'the box office is writing');
  await redis.restore();
  await mustBeCold(t, app, 'while the price list can’t be read', coldMs);
  await redis.client.del('encore:prices');
  await redis.client.hset('encore:prices', list);
  const what = 'Redis hung at the start, and the list could not be read at first; now it can';
  await mustBeWarm(t, app, what, loadedAtLastMs);
}

const hasGivenUp = {
  because: 'The list can be loaded now. Yet an instance that has given up, or rests for long, still sells nothing.',
  lookAt: 'how often is the price list asked for, how long is the pause in the end, and does it ever stop?',
};

/** The app has the whole list as soon as it says that it is ready. */
async function mustBeWarm(t: Stage, app: Instance, what: string, deadlineMs: number): Promise<void> {
  const step = `${what}; GET /ready, again and again`;
  await untilReady(t, app, { step, deadlineMs, teaching: hasGivenUp });
  for (const [event, cents] of Object.entries(list)) {
    const reply = await send(app, `/prices/${encodeURIComponent(event)}`);
    t.require(reply.status === 200 && JSON.parse(reply.text).cents === cents, {
      step: `GET /prices/${event}, right after the first 200 of GET /ready`,
      expected: `200 with "cents":${cents}`,
      seen: inWords(reply),
    });
  }
}

/** Whatever it rests before it listens, it waits for something. What others keep a core from it does not count. */
async function startAtOnce(t: Stage, redis: RedisHandle, when: string, lastsMs: number): Promise<Instance> {
  const othersMs = Math.max(...[1, 2, 3].map((number) => t.app(number).startedInMs));
  const app = await startInTurn(t, { REDIS_URL: redis.appUrl }, lastsMs);
  const restedMs = app.startedInMs - (wantedCoreMs(app.pid) ?? othersMs);
  t.require(restedMs < restsAtMostMs, {
    step: `node src/server.ts, ${when}`,
    expected: 'it to listen at once',
    seen: `it listened after ${inSeconds(app.startedInMs)}, ${inSeconds(restedMs)} of which it waited for something`,
    because:
      'Where nobody listens, GET /live has no answer, and the orchestrator restarts the instance. The new one waits as long.',
    lookAt: 'what does the process wait for before it listens?',
  });
  return app;
}
