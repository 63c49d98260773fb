import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it, type TestContext } from 'vitest';
import { parseDependencies } from '../../harness/services/debian/apt.ts';
import { needed } from '../../harness/services/debian/packaged.ts';
import { explainRedis, startRedis } from '../../harness/services/redis/index.ts';
import { redisFromDebianPackage, redisPackage } from '../../harness/services/redis/packaged.ts';
import { type FakeRun, fakeRun } from './fake-run.ts';

/** Starts the package's server, or skips the test where the machine has no apt or reaches no mirror. */
async function bring(context: TestContext, options: ReturnType<FakeRun['options']>) {
  const provider = redisFromDebianPackage(options);
  const availability = await provider.available();
  if (!availability.ok) context.skip(`apt is unusable: ${availability.why}`);
  return provider.start(options).catch((error: Error) => {
    if (/^apt(-get|-cache)? /.test(error.message)) context.skip(`apt is unusable: ${error.message}`);
    throw error;
  });
}

describe('the Debian package', () => {
  it('is downloaded and unpacked once without being installed, also by two checks at the same time', {
    timeout: 70_000,
  }, async (context) => {
    await using run = fakeRun();
    const options = run.options();
    const servers = await Promise.all([bring(context, options), bring(context, options)]);
    for (const server of servers) {
      expect(server.label).toMatch(/^(redis|valkey)-server \d+\.\d+\.\d+ \(Debian package\)$/);
      expect(server.isStandIn).toBe(false);
      const client = new Redis(server.url);
      expect(await client.set('key', 'value')).toBe('OK');
      expect(await client.info('commandstats')).toContain('cmdstat_set:calls=1');
      client.disconnect();
      await server.stop();
    }
    expect(readdirSync(run.dir).filter((name) => !name.startsWith('redis-'))).toEqual([]);
    expect(readdirSync(run.dir)).toHaveLength(1);

    run.progress.length = 0;
    const again = await redisFromDebianPackage({ ...options, env: { ...options.env, PATH: '/nowhere' } }).start(
      options,
    );
    expect(run.progress).toEqual([]);
    await again.stop();
    const explained = await explainRedis(options);
    expect(explained[3]).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/^(redis|valkey)-server \d.* in \.workshop/),
    });

    // A cache that came from another machine, or was damaged, is replaced.
    writeFileSync(join(run.dir, readdirSync(run.dir)[0] ?? '', 'usr/bin/redis-server'), '#!/bin/sh\nexit 1\n');
    const fixed = await bring(context, options);
    expect(fixed.label).toMatch(/Debian package/);
    await fixed.stop();
  });

  it('brings its own package lists where the machine has none', { timeout: 70_000 }, async (context) => {
    await using run = fakeRun();
    const config = join(run.dir, 'no-lists.conf');
    writeFileSync(config, `Dir::State::lists "${join(run.dir, 'no-lists')}";\n`);
    const server = await bring(context, run.options({ APT_CONFIG: config }));
    expect(run.progress).toContain('fetching package lists, a moment more');
    expect(server.label).toMatch(/Debian package/);
    await server.stop();
  });

  it('is left for the stand-in, named as such, on a machine without apt', async () => {
    await using run = fakeRun();
    const options = run.options({ PATH: run.dir });
    const server = await startRedis(options);
    expect(server).toMatchObject({
      isStandIn: true,
      label: expect.stringMatching(/^js-redis-server \d.* \(stand-in\)$/),
    });
    await server.stop();
    const explained = await explainRedis(options);
    expect(explained.map((one) => one.used)).toEqual([false, false, false, false, true]);
    expect(explained[3]).toMatchObject({ ok: false, why: expect.stringContaining('not on PATH: apt-get') });
  });

  it('is not tried again for a while after the download failed', async () => {
    await using run = fakeRun();
    const calls = join(run.dir, 'calls');
    for (const name of ['apt-cache', 'apt-config', 'dpkg', 'dpkg-query']) script(run, name, ':');
    script(run, 'apt-get', `echo "$1" >> '${calls}'; echo 'E: Temporary failure resolving the mirror' >&2; exit 100`);
    const options = run.options({ PATH: run.dir });
    for (const attempt of ['first', 'second']) {
      const server = await startRedis(options);
      expect(server.isStandIn, attempt).toBe(true);
      await server.stop();
    }
    expect(run.progress.at(-1)).toBe('Debian package: apt-get download: E: Temporary failure resolving the mirror');
    // Both servers' packages, then once more with fresh lists; nothing of it for the second check.
    expect(readFileSync(calls, 'utf8').trim().split('\n')).toEqual([
      'download',
      'download',
      'update',
      'download',
      'download',
    ]);
    expect((await explainRedis(options))[3]).toMatchObject({
      ok: false,
      why: expect.stringMatching(/^the download failed 1 min ago: .*Temporary failure/),
      fix: expect.stringContaining('delete .workshop/redis-download-failed'),
    });
  });
});

describe('the packages that are needed', () => {
  const text = `redis-server
  PreDepends: init-system-helpers
  Depends: lsb-base
  Depends: redis-tools
redis-tools
  Depends: adduser
  Depends: libatomic1
 |Depends: liblua5.1-0
  Depends: libluajit
  Depends: lua-cjson
  Depends: <virtual>
    provider
libatomic1
  Depends: gcc-base
liblua5.1-0
  Depends: libdl
`;

  it('are the server, its tools and the libraries that the machine lacks', () => {
    const found = needed(redisPackage, 'redis-server', parseDependencies(text), new Set(['libatomic1', 'adduser']));
    expect(found).toEqual(['redis-server', 'redis-tools', 'liblua5.1-0', 'lua-cjson', 'libdl']);
  });

  it('leave out libraries of which an alternative is installed', () => {
    const found = needed(
      redisPackage,
      'redis-server',
      parseDependencies(text),
      new Set(['libatomic1', 'libluajit', 'lua-cjson', 'redis-tools']),
    );
    expect(found).toEqual(['redis-server', 'redis-tools']);
  });
});

function script(run: FakeRun, name: string, text: string): void {
  writeFileSync(join(run.dir, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}
