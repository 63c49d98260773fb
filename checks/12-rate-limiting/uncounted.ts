import type { Answer, Instance, RedisHandle, Stage } from '../harness/sdk/index.ts';
import { exports, failedLogins, type Limit, newAccount, newAddress } from './limits.ts';
import { together } from './together.ts';
import { inVain, waits } from './without-redis.ts';

/** On each instance. More than any of the two limits allows. */
const inVainTimes = 6;

interface Client {
  limit: Limit;
  ask(n: number): Promise<Answer>;
}

/**
 * Asks for more than the limits allow while the app has no connection to Redis and knows it, so that all of it gets a 503.
 * Nothing that was sent over a connection is asked about: no app can take that back.
 * @param token of a user whom nobody else asks for.
 * @returns to be called once the limits hold again: none of it may have been counted.
 */
export async function askInVain(
  t: Stage,
  redis: RedisHandle,
  apps: Instance[],
  token: string,
): Promise<() => Promise<void>> {
  const { length } = t.trail;
  const times = inVainTimes * apps.length;
  const clients = [failedLogins, exports].map((limit) => clientOf(t, redis, limit, apps, token));
  const asked = clients.flatMap(({ ask }) => Array.from({ length: times }, (_, n) => ask(n)));
  for (const answer of await together(asked)) {
    t.trail.retell(length, `${asked.length} requests at once`);
    t.trail.add(answer.request, String(answer.status));
    answer.mustBe(503, inVain(answer, redis));
  }
  t.trail.retell(length);
  return async () => {
    for (const client of clients) await mustStillPass(t, client, times);
  };
}

/** One account from one address, or one user, on the instances in turn. */
function clientOf(t: Stage, redis: RedisHandle, limit: Limit, apps: Instance[], token: string): Client {
  const [from, username] = [newAddress(), newAccount()];
  const headers = { 'x-forwarded-for': from, ...(limit === exports ? { authorization: `Bearer ${token}` } : {}) };
  const ask = (n: number) => {
    const { method, path, body } = limit.request(n, username);
    return t
      .visitor({ at: apps[n % apps.length] as Instance })
      .send(method, path, body, { headers, unanswered: waits(redis) });
  };
  return { limit, ask };
}

async function mustStillPass(t: Stage, { limit, ask }: Client, times: number): Promise<void> {
  const { length } = t.trail;
  t.trail.add(`${times} ${limit.what} of one client while Redis was away`, `${times} × 503`);
  let lost = 0;
  for (let passed = 0; passed < limit.atLeast; ) {
    const answer = await ask(passed + lost);
    if (answer.is(...limit.passes)) passed++;
    // Redis has the command and took too long for it: that one may count.
    else if (answer.is(503) && lost < limit.atLeast) lost++;
    else if (passed + lost >= limit.atLeast) t.inconclusive('the machine was too busy to ask what was counted');
    else answer.mustBe([...limit.passes], answer.is(429) ? countedLater : {});
  }
  t.trail.retell(length);
}

const countedLater = {
  because:
    'These requests got a 503 while the app had no connection, and were counted all the same. A command in the queue of a Redis client is sent when Redis is back, also if its time was over long before.',
  lookAt: 'what becomes of a command that has timed out before there was a connection?',
};
