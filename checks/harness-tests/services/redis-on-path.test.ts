import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { accepts } from '../../harness/os/ports.ts';
import { explainRedis, startRedis } from '../../harness/services/redis/index.ts';
import { redisOnPath } from '../../harness/services/redis/on-path.ts';
import { type FakeRun, fakeRun, realBinary, survivors } from './fake-run.ts';

const patient = { timeout: 5_000 };

/** Puts a script on PATH that stands for redis-server. */
function script(run: FakeRun, text: string): string {
  writeFileSync(join(run.dir, 'redis-server'), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return run.dir;
}

describe('redis-server on PATH', () => {
  it('is started private, named with its version, and stopped without a trace', async (context) => {
    await using run = fakeRun();
    const binary = await realBinary(context, run);
    symlinkSync(binary.file, join(run.dir, 'redis-server'));
    const options = run.options({ ...binary.env, PATH: run.dir });
    const server = await startRedis(options);
    expect(server.label).toMatch(/^(redis|valkey)-server \d+\.\d+\.\d+ \(PATH\)$/);
    expect(server.isStandIn).toBe(false);
    const client = new Redis(server.url);
    expect(await client.config('GET', 'bind')).toEqual(['bind', '127.0.0.1']);
    expect(await client.config('GET', 'save')).toEqual(['save', '']);
    expect(await client.config('GET', 'appendonly')).toEqual(['appendonly', 'no']);
    expect(await client.config('GET', 'dir')).toEqual(['dir', expect.stringContaining(run.dir)]);
    client.disconnect();
    await server.stop();
    expect(survivors(run)).toEqual([]);
    expect(run.progress).toEqual([]);
  });

  it('is ended with the wrapper script that started it', async (context) => {
    await using run = fakeRun();
    const binary = await realBinary(context, run);
    const path = script(run, `'${binary.file}' "$@"`);
    const server = await redisOnPath(run.options({ ...binary.env, PATH: path })).start(run.options());
    await server.stop();
    await expect.poll(() => accepts(Number(new URL(server.url).port)), patient).toBe(false);
  });

  it('tries another port when its port was taken in the meantime', async (context) => {
    await using run = fakeRun();
    const binary = await realBinary(context, run);
    const taken = createServer();
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    const { port } = taken.address() as { port: number };
    // The first start is sent to a port that is taken; the real server says so and ends.
    const flag = join(run.dir, 'started');
    const path = script(
      run,
      `case "$1" in --version) exec '${binary.file}' --version;; esac
[ -e '${flag}' ] || { : > '${flag}'; exec '${binary.file}' "$@" --port ${port}; }
exec '${binary.file}' "$@"`,
    );
    const server = await redisOnPath(run.options({ ...binary.env, PATH: path })).start(run.options());
    expect(new URL(server.url).port).not.toBe(String(port));
    expect(run.children).toHaveLength(2);
    await server.stop();
    taken.close();
  });

  it('that ends at once is left for the next provider, with its own words', async () => {
    await using run = fakeRun();
    const path = script(
      run,
      '[ "$1" = --version ] && echo "Redis server v=6.0.0 sha=0" || { echo "no more memory"; exit 3; }',
    );
    const server = await startRedis(run.options({ PATH: path }));
    expect(server.label).toMatch(/stand-in/);
    expect(run.progress).toEqual(['redis-server on PATH: redis-server ended at once (exit code 3): no more memory']);
    await server.stop();
  });

  it('that does not run here is explained', async () => {
    await using run = fakeRun();
    const path = script(run, 'echo "libjemalloc.so.2: cannot open shared object file" >&2; exit 127');
    const explained = await explainRedis(run.options({ PATH: path }));
    expect(explained[1]).toMatchObject({
      name: 'redis-server on PATH',
      used: false,
      ok: false,
      why: `${join(path, 'redis-server')} does not run: libjemalloc.so.2: cannot open shared object file`,
    });
  });

  it('is not available on an empty PATH', async () => {
    await using run = fakeRun();
    expect(await redisOnPath(run.options({ PATH: '' })).available()).toEqual({
      ok: false,
      why: 'neither redis-server nor valkey-server is on PATH',
    });
  });
});
