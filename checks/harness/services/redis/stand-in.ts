import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Availability, RedisProvider } from '../provider.ts';

const serverFile = fileURLToPath(new URL('./stand-in-server.ts', import.meta.url));
const readyWithinMs = 10_000;

/**
 * js-redis-server from npm: the last resort, and called so. It speaks the protocol and knows SET, EXPIRE, SCAN, Lua and
 * the like. It counts no commands, hits or evictions (INFO shows zeros or nothing) and lacks OBJECT and MEMORY.
 */
export function redisStandIn(): RedisProvider {
  return {
    name: 'stand-in',
    insisted: false,
    async available(): Promise<Availability> {
      const version = packageVersion();
      if (!version) return { ok: false, why: 'the package js-redis-server is not installed', fix: 'npm install' };
      return { ok: true, detail: `js-redis-server ${version}: not a real Redis, some behaviours are skipped` };
    },
    async start({ run }) {
      const child = await run.spawn(process.execPath, [serverFile], {
        env: { ...process.env, NODE_OPTIONS: '' },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      const { port } = await child.ready<{ port: number }>(readyWithinMs);
      return {
        url: `redis://127.0.0.1:${port}/0`,
        label: `js-redis-server ${packageVersion()} (stand-in)`,
        isStandIn: true,
        stop: () => child.stop('SIGKILL', 0), // It keeps nothing that would need an orderly end.
      };
    },
  };
}

/** The package does not export its package.json: it lies above the entry point. */
function packageVersion(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve('js-redis-server');
    return JSON.parse(readFileSync(join(dirname(entry), '../package.json'), 'utf8')).version as string;
  } catch {
    return undefined;
  }
}
