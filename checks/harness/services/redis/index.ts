import { type Explanation, explainProviders, startFirstUsable } from '../first-usable.ts';
import type { Look, RedisProvider, RedisServer, Session } from '../provider.ts';
import { redisInCompose } from './compose.ts';
import { redisOnPath } from './on-path.ts';
import { redisFromDebianPackage } from './packaged.ts';
import { redisStandIn } from './stand-in.ts';
import { redisAtUrl } from './url.ts';

export type { RedisServer } from '../provider.ts';
export { composeUp } from './compose.ts';

/** The ways to get a Redis, best first. */
function providers(look: Look): RedisProvider[] {
  return [redisAtUrl(look), redisOnPath(look), redisInCompose(look), redisFromDebianPackage(look), redisStandIn()];
}

/** Starts, or borrows a part of, the first Redis that works. A REDIS_URL that can't be used is an error. */
export function startRedis(options: Look & Session): Promise<RedisServer> {
  return startFirstUsable({ name: 'Redis', fix: 'npm run doctor' }, providers(options), options);
}

/** Every provider in order, and which one a check would use. */
export const explainRedis = (look: Look): Promise<Explanation[]> => explainProviders(providers(look));
