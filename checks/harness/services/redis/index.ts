import { Inconclusive } from '../../model/verdict.ts';
import type { Availability, Look, RedisProvider, RedisServer, Session } from '../provider.ts';
import { redisInCompose } from './compose.ts';
import { redisFromDebianPackage } from './debian-package.ts';
import { redisOnPath } from './on-path.ts';
import { redisStandIn } from './stand-in.ts';
import { redisAtUrl } from './url.ts';

export type { RedisServer } from '../provider.ts';
export { composeUp } from './compose.ts';

/** The ways to get a Redis, best first. */
function providers(look: Look): RedisProvider[] {
  return [redisAtUrl(look), redisOnPath(look), redisInCompose(look), redisFromDebianPackage(look), redisStandIn()];
}

/**
 * Starts, or borrows a part of, the first Redis that works. A REDIS_URL that can't be used is an error: whoever sets it
 * wants that one. What was tried and left is told through `onProgress`.
 */
export async function startRedis(options: Look & Session): Promise<RedisServer> {
  const reasons: string[] = [];
  for (const provider of providers(options)) {
    if (provider.insisted) return provider.start(options);
    const availability = await provider.available();
    if (!availability.ok) {
      reasons.push(`${provider.name}: ${availability.why}`);
      continue;
    }
    try {
      return await provider.start(options);
    } catch (error) {
      const reason = `${provider.name}: ${(error as Error).message}`;
      reasons.push(reason);
      options.onProgress(reason);
    }
  }
  throw new Inconclusive(`no Redis can be had here. ${reasons.join('; ')}`, 'npm run doctor');
}

/** One line of `npm run doctor`. */
export type RedisExplanation = { name: string; used: boolean } & Availability;

/** Every provider in order, and which one a check would use. Starts nothing and downloads nothing. */
export async function explainRedis(look: Look): Promise<RedisExplanation[]> {
  const all = providers(look);
  const found = await Promise.all(all.map((provider) => provider.available()));
  const insisted = all.findIndex((provider) => provider.insisted);
  const used = insisted === -1 ? found.findIndex((one) => one.ok) : insisted;
  return all.map((provider, at) => {
    const availability = found[at] as Availability;
    return { name: provider.name, used: at === used && availability.ok, ...availability };
  });
}
