import type { Instance, RedisHandle, Stage } from '../harness/sdk/index.ts';
import { type Asked, send } from './each-route.ts';
import { together } from './together.ts';
import { inVain } from './without-redis.ts';

/** Of each client, again and again as long as the outage lasts. More at a time would keep the others waiting. */
const atOnce = 16;

/**
 * Line 8, of how many pass without Redis. A limit that takes over then is often a generous one.
 * @param clients one for each of the apps.
 */
export async function mustPassHoweverMany(
  t: Stage,
  redis: RedisHandle,
  apps: Instance[],
  clients: Asked[],
): Promise<void> {
  const { length } = t.trail;
  const asked = clients.flatMap((one, n) =>
    Array.from({ length: atOnce }, () => send(t, redis, apps[n] as Instance, one)),
  );
  for (const answer of await together(asked)) {
    t.trail.retell(length, `GET /events of the same clients, again and again, ${atOnce} at once`);
    t.trail.add(answer.request, String(answer.status));
    answer.mustBe(200, inVain(answer, redis));
  }
  t.trail.retell(length);
}
