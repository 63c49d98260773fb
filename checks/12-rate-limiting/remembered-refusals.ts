import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Instance, RedisHandle, Stage } from '../harness/sdk/index.ts';
import { type Asked, send } from './each-route.ts';
import { exports, failedLogins, type Limit, newAccount, newAddress, untilCounting } from './limits.ts';
import { newUser } from './new-users.ts';
import { retryAfterOf } from './retry-after.ts';
import { noAnswer } from './sure.ts';
import { together } from './together.ts';
import { inVain } from './without-redis.ts';

const windowS = 4;
/** So late that Retry-After is a good deal shorter than the window. */
const refusedAtMs = 2_700;
/** An app may forget by a timer, and timers are late. */
const slackMs = 400;
/** Until an app knows that its connection is gone. */
const noticesWithinMs = 1_000;
const mostAttempts = 3;

/** An app with a Redis of its own, so that all of this can go on beside another outage. */
export interface Remembering {
  redis: RedisHandle;
  app: Instance;
}

interface Refused {
  limit: Limit;
  asked: Asked;
  answer: Answer;
}

export async function startRemembering(t: Stage): Promise<Remembering> {
  const redis = await t.startRedis();
  const seconds = String(windowS);
  const env = { REDIS_URL: redis.appUrl, WINDOW_S: seconds, LOGIN_WINDOW_S: seconds, EXPORT_WINDOW_S: seconds };
  const app = await t.startExtra({ env });
  await untilCounting(t, app);
  return { redis, app };
}

/** Line 8: a process may remember that it has refused somebody, and for how long. Others fill the trail meanwhile. */
export async function mustForgetInTime(t: Stage, { redis, app }: Remembering): Promise<void> {
  const refused = await together([failedLogins, exports].map((limit) => refusedOf(t, app, limit)));
  await redis.cut();
  const cutAt = performance.now();
  const forgetting = refused.map(async ({ limit, asked, answer: before }) => {
    const retryAfterS = retryAfterOf(t, before);
    const from = Math.max(cutAt + noticesWithinMs, before.arrivedAt + retryAfterS * 1_000 + slackMs);
    await delay(Math.max(0, from - performance.now()));
    const answer = await send(t, redis, app, asked);
    t.trail.keep(({ what }) => what !== answer.request);
    if (answer.is(asked.status)) return;
    const first = `${limit.most} ${limit.what} with a window of ${windowS} s, and one more ${refusedAtMs / 1_000} s later`;
    t.trail.begin(first, `429, Retry-After: ${retryAfterS}`);
    t.trail.add('Redis stops');
    t.trail.add(`${answer.request} of the same client, when that time is over`, String(answer.status));
    answer.mustBe(asked.status, answer.is(429) ? remembersForTooLong : inVain(answer, redis));
  });
  await together(forgetting);
}

/**
 * Somebody who is refused late in their window. On a machine so busy that Redis seems to be away they get a 503, or are too
 * late: then it is done again, by somebody else.
 */
async function refusedOf(t: Stage, app: Instance, limit: Limit): Promise<Refused> {
  for (let n = 0; n < mostAttempts; n++) {
    const token = limit === exports ? (await newUser(t, 'margaret', app)).token : undefined;
    const asked = { ...limit.request(0, newAccount()), status: 503, from: newAddress(), token };
    const startedAt = performance.now();
    for (let k = 0; k < limit.most; k++) await ask(t, app, asked);
    await delay(Math.max(0, startedAt + refusedAtMs - performance.now()));
    const answer = await ask(t, app, asked);
    if (answer.is(429)) return { limit, asked, answer };
  }
  return t.inconclusive('the machine was too busy to ask the app at the right moments');
}

async function ask(t: Stage, app: Instance, { method, path, body, from = '', token }: Asked): Promise<Answer> {
  const headers = { 'x-forwarded-for': from, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const answer = await t.visitor({ at: app }).send(method, path, body, { headers, unanswered: noAnswer });
  t.trail.keep(({ what }) => what !== answer.request);
  return answer;
}

const remembersForTooLong = {
  because:
    'This client was refused before Redis went, and its Retry-After is over. Without Redis it may get a 429 again until then, and no longer: from then on nobody knows whether it would pass, and a 503 says so.',
  lookAt: 'what does a process keep of a client that it has refused, and until when?',
};
