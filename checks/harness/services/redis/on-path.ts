import { findOnPath } from '../../os/command.ts';
import { troubleIn } from '../../os/trouble.ts';
import type { Availability, Look, RedisProvider } from '../provider.ts';
import { serverNames } from './packaged.ts';
import { binaryVersion, startBinary } from './server-process.ts';

/** A server program that is installed here, started as a private server of ours. */
export function redisOnPath({ env }: Look): RedisProvider {
  const file = findOnPath(serverNames, env);
  return {
    name: 'redis-server on PATH',
    insisted: false,
    async available(): Promise<Availability> {
      if (!file) return { ok: false, why: 'neither redis-server nor valkey-server is on PATH' };
      try {
        return { ok: true, detail: `${await binaryVersion({ file, env })} at ${file}` };
      } catch (error) {
        if (troubleIn(error)) throw error;
        return { ok: false, why: `${file} does not run: ${(error as Error).message}` };
      }
    },
    async start({ run }) {
      if (!file) throw new Error('neither redis-server nor valkey-server is on PATH');
      const binary = { file, env };
      return startBinary(binary, `${await binaryVersion(binary)} (PATH)`, run);
    },
  };
}
