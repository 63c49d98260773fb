import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Inconclusive } from '../../harness/model/verdict.ts';
import { thisOwner } from '../../harness/os/owner.ts';
import { freePort } from '../../harness/os/ports.ts';
import { type PostgresAddress, postgresUrl } from '../../harness/services/postgres/address.ts';
import { type Cluster, createCluster, startCluster } from '../../harness/services/postgres/cluster.ts';
import { handleOf } from '../../harness/services/postgres/handle.ts';
import { explainPostgres, startPostgres } from '../../harness/services/postgres/index.ts';
import { findPlatformPackage } from '../../harness/services/postgres/platform-package.ts';
import { isLeftOver, newName } from '../../harness/services/postgres/private-database.ts';
import { connectTo } from '../../harness/services/postgres/seed.ts';
import { openWorkplace } from '../../harness/services/postgres/workplace.ts';
import { postgresFixture } from './postgres-fixture.ts';

const fixture = postgresFixture();
const run = fixture.run();
/** A server that plays the user's, as initdb makes one. */
let server: Cluster;
let theirs: PostgresAddress;
let client: Client;
let url: string;

beforeAll(async () => {
  const place = openWorkplace(findPlatformPackage(), fixture.cacheDir, run);
  const admin = { user: 'postgres', password: 'encore' };
  await createCluster(place, join(place.dir, 'data'), admin, run);
  server = await startCluster(place, join(place.dir, 'data'), run);
  theirs = { host: '127.0.0.1', port: server.port, database: 'postgres', ...admin };
  client = await connectTo(theirs.host, theirs.port, theirs.database, admin);
  url = postgresUrl(theirs);
});

afterAll(async () => {
  await client?.end();
  await server?.stop();
  await run[Symbol.asyncDispose]();
  fixture[Symbol.dispose]();
});

const borrow = (given = url) => startPostgres(fixture.options(run, { DATABASE_URL: given }));
const databases = async () =>
  (await client.query('SELECT datname FROM pg_database ORDER BY 1')).rows.map((row) => row.datname);
const roles = async () =>
  (await client.query(`SELECT rolname FROM pg_roles WHERE rolname NOT LIKE 'pg%'`)).rows.map((row) => row.rolname);

describe('a PostgreSQL at DATABASE_URL', () => {
  it('gets a private database, seeded, and is left as it was', async () => {
    const before = { databases: await databases(), roles: await roles() };
    const borrowed = await borrow();
    expect(borrowed.label).toMatch(/^PostgreSQL 18\.\d+ \(DATABASE_URL, private database\)$/);
    expect(borrowed.database).toMatch(/^encore_workshop_/);
    const db = await handleOf(borrowed, 0);
    const address = new URL(db.appUrl);
    const app = await connectTo('127.0.0.1', Number(address.port), borrowed.database, borrowed.app);
    expect((await app.query('SELECT count(*)::int AS n FROM events')).rows).toEqual([{ n: 2_000 }]);
    expect(await db.statements()).toMatchObject([{ calls: 1, rows: 1 }]);
    await client.query('SELECT 1');
    expect(await db.statements()).toHaveLength(1);
    await app.query('CREATE INDEX events_title ON events (title)');
    await app.end();
    await db.close();
    expect({ databases: await databases(), roles: await roles() }).toEqual(before);
  });

  it('is left as it was when the seed fails', async () => {
    const before = { databases: await databases(), roles: await roles() };
    const options = { ...fixture.options(run, { DATABASE_URL: url }), seed: `${import.meta.filename}.sql` };
    await expect(startPostgres(options)).rejects.toThrow(/^the seed .* fails: ENOENT/);
    expect({ databases: await databases(), roles: await roles() }).toEqual(before);
  });

  it('is cleaned up after a check that was killed, and only after such', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const { machine, startedAt } = thisOwner();
    const dead = `encore_workshop_${machine}_${pid}_1_00ff00`;
    const kept = [
      newName(), // Ours, and we live.
      `encore_workshop_${'0'.repeat(16)}_${pid}_1_00ff00`, // Another machine's.
      `encore_workshop_of_theirs_${startedAt}`,
      'encore_workshop',
    ];
    for (const name of [dead, ...kept]) {
      await client.query(`CREATE ROLE ${name}`);
      await client.query(`CREATE DATABASE ${name} OWNER ${name} TEMPLATE template0`);
    }
    expect([dead, ...kept].map(isLeftOver)).toEqual([true, false, false, false, false]);
    await (await borrow()).stop();
    expect(await databases()).toEqual(expect.arrayContaining(kept));
    expect(await databases()).not.toContain(dead);
    expect(await roles()).not.toContain(dead);
    for (const name of kept) {
      await client.query(`DROP DATABASE ${name}`);
      await client.query(`DROP ROLE ${name}`);
    }
  });

  it('is taken with a user that is no superuser, and says so when its statements are not counted', async () => {
    await client.query(`CREATE ROLE maker LOGIN CREATEDB CREATEROLE PASSWORD 'p@ss wörd'`);
    const before = { databases: await databases(), roles: await roles() };
    const borrowed = await borrow(postgresUrl({ ...theirs, user: 'maker', password: 'p@ss wörd' }));
    const db = await handleOf(borrowed, 0);
    expect(await db.query('SELECT count(*)::int AS n FROM events')).toEqual([{ n: 2_000 }]);
    const error = await db.statements().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Inconclusive);
    expect(error).toMatchObject({ message: expect.stringMatching(/counts no statements/) });
    await db.close();
    expect({ databases: await databases(), roles: await roles() }).toEqual(before);
  });

  it('that lets its user create nothing is refused', async () => {
    await client.query(`CREATE ROLE reader LOGIN CREATEROLE PASSWORD 'secret'`);
    await expect(borrow(postgresUrl({ ...theirs, user: 'reader', password: 'secret' }))).rejects.toThrow(
      /^the PostgreSQL at DATABASE_URL \(127\.0\.0\.1:\d+\) does not let its user reader create a private database \(CREATEDB missing\), and yours is not touched; correct it or unset it to use the built-in one$/,
    );
  });

  it('that does not answer, or not to us, is an error, never silently another one', async () => {
    const port = await freePort();
    await expect(borrow(`postgres://ada:secret@127.0.0.1:${port}/shop`)).rejects.toThrow(
      `no PostgreSQL answers at DATABASE_URL (127.0.0.1:${port}); unset it to use the built-in one`,
    );
    const wrong = await borrow(postgresUrl({ ...theirs, user: 'ada', password: 'wr0ng' })).catch(
      (error: Error) => error,
    );
    expect(wrong).toMatchObject({
      message: expect.stringMatching(/refuses the connection: password authentication failed/),
    });
    expect(wrong).toMatchObject({ message: expect.not.stringContaining('wr0ng') });
    await expect(borrow(`${url}?sslmode=require`)).rejects.toThrow(/^DATABASE_URL asks for TLS \(sslmode=require\)/);
    await expect(borrow('mysql://127.0.0.1/shop')).rejects.toThrow(/^DATABASE_URL is not of the form postgresql:/);
    const [first, second] = await explainPostgres(fixture.options(run, { DATABASE_URL: `${url}?sslmode=require` }));
    expect(first).toMatchObject({ used: false, ok: false, fix: 'unset DATABASE_URL' });
    expect(second).toMatchObject({ used: false, ok: true });
  });
});
