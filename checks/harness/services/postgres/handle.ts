import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'pg';
import { Inconclusive } from '../../model/verdict.ts';
import { startTcpProxy } from '../../net/tcp-proxy.ts';
import type { Look, PostgresServer, Session } from '../provider.ts';
import type { OpenService } from '../service.ts';
import { postgresUrl } from './address.ts';
import { AppTraffic, type Connections } from './app-traffic.ts';
import { explain, type Plan } from './explain.ts';
import { startPostgres, type Wanted } from './index.ts';
import { checksSchema } from './private-schema.ts';
import type { SentStatement } from './sent-statements.ts';

/** One row of pg_stat_statements: a statement of the app with its constants taken out, and what it came to. */
export interface StatementCount {
  query: string;
  calls: number;
  rows: number;
  /** Pages of 8 KB that it looked at, in memory or on disk, summed over its calls. */
  blocks: number;
  totalMs: number;
}

/** What checks do with a PostgreSQL: give the app an address that can be cut and slowed, and look at what it did. */
export interface PostgresHandle extends OpenService {
  /** For the app's DATABASE_URL. Leads through a proxy of ours. */
  appUrl: string;
  /** The app's role, which owns the database. The check's own statements run as another one. */
  appRole: string;
  /** Asks the database directly: not through the proxy, not delayed, not counted. */
  // biome-ignore lint/suspicious/noExplicitAny: the columns are the caller's.
  query<Row = any>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** The app's connections break and new ones are refused. */
  cut(): Promise<void>;
  /** What the app sends arrives, and what PostgreSQL answers is held back, until `restore` or for good with `cut`. */
  holdReplies(): void;
  /** The same from the first statement on for which this is true: it arrives, and its answer does not. */
  holdRepliesTo(which: (statement: SentStatement) => boolean): void;
  /** What PostgreSQL has answered and the app has not been given yet, in bytes. */
  heldBytes(): number;
  /** Undoes `cut`, `holdReplies`, `holdRepliesTo` and `delay`. */
  restore(): Promise<void>;
  /** Milliseconds each way between the app and the database from now on. */
  delay(ms: number): void;
  /** What the app has had executed since `resetStatements`, most calls first. Inconclusive where it is not counted. */
  statements(): Promise<StatementCount[]>;
  /** Begins a new count of statements, bytes and connections. */
  resetStatements(): Promise<void>;
  /** The app's statements since then with their parameters, in the order in which they were sent; the first 20,000. */
  sent(): readonly SentStatement[];
  /** How many statements the app has sent since then, all of them. */
  statementsSent(): number;
  /** Bytes that have come from the database to the app since then. */
  bytesToApp(): number;
  /** The app's connections: now, and the most at one time since then. */
  connections(): Connections;
  /** Runs a statement, such as one of `sent`, and returns the plan with what it cost. Its changes are rolled back. */
  explain(statement: { sql: string; params?: readonly unknown[] }): Promise<Plan>;
}

const answerWithinMs = 3_000;
const endWithinMs = 500;

/** Brings up a lesson's database and opens it for its checks. */
export async function openPostgres(options: Look & Session & Wanted & { latencyMs: number }): Promise<PostgresHandle> {
  const server = await startPostgres(options);
  try {
    return await handleOf(server, options.latencyMs);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Opens a server that is up. The handle's `close` stops it. */
export async function handleOf(server: PostgresServer, latencyMs: number): Promise<PostgresHandle> {
  const { host, port, database, admin, app, label } = server;
  // No query has a limit: a check may look at a large table. Who waits for an answer has one of their own.
  const pool = new Pool({
    host,
    port,
    database,
    ...admin,
    ssl: false,
    max: 4,
    connectionTimeoutMillis: answerWithinMs,
  });
  pool.on('error', () => {}); // The server ended; the query that needs it says so.
  const query: PostgresHandle['query'] = async (sql, params = []) => (await pool.query(sql, [...params])).rows;
  const traffic = new AppTraffic();
  const proxy = await startTcpProxy({ target: { host, port }, onConnection: (...ends) => traffic.follow(...ends) });
  proxy.delayMs = latencyMs;
  const counted = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      throw new Inconclusive(
        `this PostgreSQL (${label}) counts no statements: ${(error as Error).message}`,
        'load pg_stat_statements in it, or unset DATABASE_URL to use the built-in one',
      );
    }
  };
  const resetStatements = async () => {
    traffic.reset();
    await counted(() => query(resetOfApp, [app.user])).catch(() => {}); // `statements` says so, where somebody asks.
  };
  await resetStatements(); // The seed was run as the app.
  const appUrl = postgresUrl({ ...app, host: '127.0.0.1', port: proxy.port, database });
  return {
    appUrl,
    env: { DATABASE_URL: appUrl },
    appRole: app.user,
    label,
    query,
    cut: () => proxy.cut(),
    holdReplies: () => proxy.holdReplies(),
    holdRepliesTo(which) {
      traffic.onStatement = (statement) => {
        if (which(statement)) proxy.holdReplies();
      };
    },
    heldBytes: () => proxy.heldBytes,
    async restore() {
      traffic.onStatement = undefined;
      proxy.delayMs = latencyMs;
      proxy.resume();
      await proxy.restore();
    },
    delay(ms) {
      proxy.delayMs = ms;
    },
    statements: () => counted(() => query<StatementCount>(statementsOfApp, [app.user])),
    resetStatements,
    sent: () => traffic.sent,
    statementsSent: () => traffic.statements,
    bytesToApp: () => traffic.bytesToApp,
    connections: () => ({ ...traffic.connections }),
    async explain({ sql, params = [] }) {
      const client = await pool.connect();
      const ignore = () => {}; // The query that fails because of it says so itself.
      client.on('error', ignore);
      try {
        return await explain(client, sql, params);
      } finally {
        client.off('error', ignore);
        client.release();
      }
    },
    async alive() {
      const answer = query('SELECT 1').then(
        () => true,
        () => false,
      );
      return Promise.race([answer, wait(answerWithinMs, false, { ref: false })]);
    },
    async close() {
      await proxy.close();
      // A query that hangs does not hold up the end of a check: the server ends its connection.
      await Promise.race([pool.end(), wait(endWithinMs, undefined, { ref: false })]);
      await server.stop();
    },
  };
}

const ofApp = `(SELECT oid FROM pg_roles WHERE rolname = $1)`;
const ofThisDatabase = `(SELECT oid FROM pg_database WHERE datname = current_database())`;

const statementsOfApp = `
  SELECT query, calls::int, rows::int, (shared_blks_hit + shared_blks_read)::float8 AS blocks, total_exec_time AS "totalMs"
  FROM ${checksSchema}.pg_stat_statements
  WHERE userid = ${ofApp} AND dbid = ${ofThisDatabase}
  ORDER BY calls DESC, query`;
const resetOfApp = `SELECT ${checksSchema}.pg_stat_statements_reset(${ofApp}, ${ofThisDatabase}, 0)`;
