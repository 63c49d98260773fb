import { Inconclusive } from '../../model/verdict.ts';
import type { Availability, Look, RedisProvider } from '../provider.ts';
import { parseRedisUrl, type RedisAddress, shownAddress } from './address.ts';
import { claimDatabase } from './claim.ts';
import { connectOnce, RedisConnectError } from './connect.ts';

const fix = 'unset REDIS_URL';

/** The Redis that the user names. It is theirs: an empty database of it is borrowed, nothing is ever flushed. */
export function redisAtUrl({ env }: Look): RedisProvider {
  const text = env.REDIS_URL ?? '';
  const address = parseRedisUrl(text);
  return {
    name: 'REDIS_URL',
    insisted: text !== '',
    async available(): Promise<Availability> {
      if (text === '') return { ok: false, why: 'REDIS_URL is not set' };
      if (!address) return { ok: false, why: notAnAddress, fix };
      try {
        (await connectOnce(address)).disconnect();
        return { ok: true, detail: `answers at ${shownAddress(address)}; an empty database of it is borrowed` };
      } catch (error) {
        return { ok: false, why: explain(error, address), fix };
      }
    },
    async start() {
      if (!address) throw new Inconclusive(notAnAddress, fix);
      try {
        return await claimDatabase(address, 'REDIS_URL');
      } catch (error) {
        throw error instanceof RedisConnectError ? new Inconclusive(explain(error, address), fix) : error;
      }
    },
  };
}

// The value is not printed: it may hold a password.
const notAnAddress = 'REDIS_URL is not of the form redis://host:port; correct it or unset it to use the built-in one';

function explain(error: unknown, address: RedisAddress): string {
  const shown = shownAddress(address);
  if (error instanceof RedisConnectError && error.problem === 'refused') {
    return `the Redis at REDIS_URL (${shown}) refuses the connection: ${error.message}; unset it to use the built-in one`;
  }
  return `no Redis answers at REDIS_URL (${shown}); unset it to use the built-in one`;
}
