import { excerpt, type LoadFinding, type Stage, type StatementCount } from '../harness/sdk/index.ts';
import { read } from './truth.ts';

/** What one request made of the database. */
export interface Cost {
  statements: number;
  rows: number;
  bytes: number;
  /** Over how many connections it went. */
  connections: number;
  /** The one that was sent most often: "20 × select … from "prices" where …". */
  most: string;
}

/** Frames of transactions, settings of a connection, and pings: round trips, but no questions. */
const aside = [
  /^\s*(begin|start transaction|commit|end|rollback|savepoint|release|set|reset|show|discard|deallocate)\b/i,
  /^\s*select\s+set_config\b/i,
  /^\s*select\s+\$1\s*$/i, // SELECT 1, as pg_stat_statements shows it.
];

function isQuestion({ query }: StatementCount): boolean {
  return !aside.some((form) => form.test(query));
}

/** More statements than any connection needs to open. */
const beyondDoubt = 10;

/** The cost of a request, of two the cheaper one: the first may have opened connections. */
export async function costOf(t: Stage, path: string): Promise<Cost> {
  const trailLength = t.trail.length;
  const first = await costOnce(t, path);
  const second = first.statements > beyondDoubt ? first : await costOnce(t, path);
  t.trail.retell(trailLength, `GET ${path}`, '200');
  return second.statements < first.statements || second.bytes < first.bytes ? second : first;
}

async function costOnce(t: Stage, path: string): Promise<Cost> {
  await t.postgres.resetStatements();
  await read(t, path);
  const bytes = t.postgres.bytesToApp();
  const { used: connections } = t.postgres.connections();
  const questions = (await t.postgres.statements()).filter(isQuestion);
  const [most] = questions;
  return {
    statements: sum(questions, 'calls'),
    rows: sum(questions, 'rows'),
    bytes,
    connections,
    most: most ? `${most.calls} × ${inShort(most.query)}` : 'none',
  };
}

/** Which table it asks says more than which columns. */
function inShort(query: string): string {
  return excerpt(query.replace(/^\s*select\b.*?\bfrom\b/is, 'select … from'), 48);
}

function sum(counts: readonly StatementCount[], what: 'calls' | 'rows'): number {
  return counts.reduce((total, count) => total + count[what], 0);
}

const joins = ['Nested Loop', 'Hash Join', 'Merge Join'];

/** The most rows that a join made for what the app has sent since the last reset, by the plans of PostgreSQL. */
export async function mostJoined(t: Stage): Promise<number> {
  let most = 0;
  for (const statement of t.postgres.sent()) {
    if (!/^\s*(select|with)\b/i.test(statement.sql)) continue;
    // One that can't be explained by itself still counts with the rows that it sends.
    const plan = await t.postgres.explain(statement).catch(() => undefined);
    for (const node of plan?.nodes ?? []) {
      if (!joins.includes(node['Node Type'])) continue;
      most = Math.max(most, Math.round((node['Actual Rows'] ?? 0) * (node['Actual Loops'] ?? 1)));
    }
  }
  return most;
}

/** The rows that belong to these events: each of them, of their line-ups and of their prices, once. */
export async function rowsThatBelongTo(t: Stage, eventIds: readonly number[]): Promise<number> {
  const [found] = await t.postgres.query<{ rows: number }>(
    `SELECT (cardinality($1::int[])
      + (SELECT count(*) FROM event_artists WHERE event_id = ANY ($1))
      + (SELECT count(*) FROM prices WHERE event_id = ANY ($1)))::int AS rows`,
    [eventIds],
  );
  return found?.rows ?? t.inconclusive('the database did not say how many rows belong to the list');
}

export const mostConnections = 10;

/** Counts statements and connections during the load. */
export async function databaseWatch(t: Stage): Promise<() => Promise<LoadFinding>> {
  await t.postgres.resetStatements();
  return async () => {
    const { peak } = t.postgres.connections();
    const statements = sum((await t.postgres.statements()).filter(isQuestion), 'calls');
    const note = `${statements} statements over at most ${peak} connections at one time`;
    if (peak <= mostConnections) return { note };
    return {
      note,
      failure: {
        kind: 'target',
        trail: [{ what: 'the load run' }],
        expected: `at most ${mostConnections} connections to the database at one time`,
        seen: `${peak}`,
        because:
          'Under load the app opens more connections than it is allowed to. A database has a hundred for everybody.',
        lookAt: 'how many pools are there, and what is the max of each?',
      },
    };
  };
}
