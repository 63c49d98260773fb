import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Instance, RedisHandle, Stage } from '../harness/sdk/index.ts';
import { type Asked, eachRoute, loginWith, read, send } from './each-route.ts';
import { passwords } from './limits.ts';
import { together } from './together.ts';
import { inVain } from './without-redis.ts';

/** Requests that wait for Redis when its connection breaks have waited so long. */
const inFlightMs = 50;
/** For each reply, while logins come in. */
const roundTripMs = 30;
/** So many logins, and so long one after the other: an app that needs five round trips for one has some at each of its commands. */
const logins = 20;
const everyMs = 8;

/**
 * Redis is slow while logins come in, and then its connections break: whatever an app asks Redis about a login, before the
 * password is compared and after that, some login waits for it. Then Redis hangs for the other routes, and they break, too.
 * @returns when the connections broke.
 */
export async function mustOutliveTheCut(
  t: Stage,
  redis: RedisHandle,
  apps: Instance[],
  token: string,
): Promise<number> {
  redis.delay(roundTripMs);
  const asked: { one: Asked; answer: Promise<Answer> }[] = [];
  const ask = (app: Instance, one: Asked) => {
    const answer = send(t, redis, app, one);
    answer.catch(() => {}); // Awaited with all others, below.
    asked.push({ one, answer });
  };
  for (let n = 0; n < logins; n++) {
    ask(apps[n % apps.length] as Instance, loginWith(passwords.ada));
    await delay(everyMs);
  }
  const begun = asked.length;
  redis.pause();
  for (const app of apps) for (const one of eachRoute(token)) ask(app, one);
  await delay(inFlightMs);
  await redis.cut();
  const cutAt = performance.now();
  const answers = await together(asked.map(({ answer }) => answer));
  for (const [n, answer] of answers.entries()) {
    t.trail.begin(`${asked.length} requests are on their way, and all connections to Redis break`);
    t.trail.add(answer.request, String(answer.status));
    // A login whose password was compared before the cut may have succeeded.
    answer.mustBe(n < begun ? [200, 503] : [asked[n]?.one.status ?? 0], inVain(answer, redis));
  }
  t.trail.begin(`${asked.length} requests are on their way, and all connections to Redis break`);
  for (const app of apps) {
    const answer = await send(t, redis, app, read);
    answer.mustBe(200, inVain(answer, redis));
  }
  return cutAt;
}
