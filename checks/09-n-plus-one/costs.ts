import type { CheckDefinition } from '../harness/sdk/index.ts';
import { costOf, mostConnections, rowsThatBelongTo } from './traffic.ts';
import { read, truePage } from './truth.ts';

const mostStatements = 3;
/** Of the rows that belong to a list. Who reads every one of them once is right; a join of the lists reads nine times as many. */
const mostRows = 2.5;
/** Of an event in a list: who joins it with each of its prices and the venue reads 3, a poster is 60 as PostgreSQL sends it. */
const mostKilobytes = 10;
/** Requests one after the other and at once, compared with the connections that were opened for them. */
const inTurn = 20;
const atOnce = 30;
const crowdDelayMs = 20;
const crowdDeadlineMs = 10_000;
const holdAndWait = {
  because:
    'One after the other they are answered, and all at once they wait for each other: each holds a connection and asks the pool for another one, which nobody gives back.',
  lookAt: 'does a request take a second connection while it holds one, such as db inside a transaction of tx?',
};

interface Rows {
  limit: number;
  rows: number;
  belong: number;
}

/** What a list costs the database: statements, rows, bytes, connections. All are counts. */
export function costBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'statements',
    'a list takes at most 3 statements, whatever its limit',
    {
      because:
        'One statement reads the list, and then each of its events asks for more by itself: N+1. Every one of them is a round trip to the database.',
      lookAt: 'which functions with a statement in them are called for each event of the list?',
    },
    async (t) => {
      const short = await costOf(t, '/events?limit=20');
      t.step(`${short.statements} statements, most often\t${short.most}`);
      // With a day: a list that is filtered may have a way of its own through the app.
      const long = await costOf(t, '/events?limit=100&from=2027-03-20');
      t.step(`${long.statements} statements, most often\t${long.most}`);
      const grows = long.statements > short.statements;
      const forEachEvent = long.statements - short.statements > 40; // There are 80 events more.
      const { now } = t.postgres.connections();
      t.require(Math.max(short.statements, long.statements) <= mostStatements, {
        expected: `at most ${mostStatements} statements for 20 events and for 100`,
        seen: `${short.statements} and ${long.statements}`,
        // So far one request came after the other: who holds many connections has used them for one request.
        ...(forEachEvent && now > mostStatements
          ? {
              because: `The statements for each event are now sent side by side, over ${now} connections. There are as many as before, and a single list takes every connection that the app has.`,
              lookAt: 'can one statement ask for all events of the list what each of them now asks for itself?',
            }
          : {}),
        ...(grows && !forEachEvent
          ? {
              because:
                'What belongs to the events is asked for in many goes, one by one or in portions, so a longer list still takes more statements.',
              lookAt: 'the statement above, which is sent most often: what decides how often?',
            }
          : {}),
        ...(grows
          ? {}
          : {
              because: 'The number does not grow with the list any more. It is still more than the lesson allows.',
              lookAt: 'of which table is there one row at most for each event, so that a join adds no rows?',
            }),
      });
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'rows',
    'a list reads the rows that belong to it, and no multiple of them',
    {
      because:
        'A join of an event with two lists multiplies them: 20 artists and 60 prices are 1,200 rows for one event, and the app throws nearly all of them away.',
      lookAt: 'how many rows does one festival have in the answer of the database?',
    },
    async (t) => {
      const lists = [];
      for (const limit of [2, 20, 100]) {
        const { rows } = await costOf(t, `/events?limit=${limit}`);
        const ids = (await truePage(t, { limit })).map(({ id }) => id);
        lists.push({ limit, rows, belong: await rowsThatBelongTo(t, ids) });
      }
      const [tiny, , long] = lists as [Rows, Rows, Rows];
      // What is read of a tiny list beyond what its events need, going by the long one, is there for every list.
      const forEachRow = (long.rows - tiny.rows) / (long.belong - tiny.belong);
      const wholeTables = tiny.rows - forEachRow * tiny.belong > tiny.rows / 2;
      for (const { limit, rows, belong } of lists) {
        t.step(`the ${limit} events with their artists and prices\t${belong} rows`);
        t.atMost(`rows for a list of ${limit}`, rows, Math.round(mostRows * belong), 'rows', {
          ...(wholeTables
            ? {
                because: `Whole tables are read: ${tiny.rows} rows for ${tiny.limit} events and ${long.rows} for ${long.limit}. That grows with every event ever sold, not with the list.`,
                lookAt: 'which statements say nothing about the events of this list?',
              }
            : {}),
        });
      }
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'posters',
    'no poster crosses the wire for a list',
    {
      because:
        'Far more comes from the database than the list shows. Each row of events carries a poster of 30 KB, which PostgreSQL sends as 60 KB of text, and a statement without a list of columns reads it.',
      lookAt: 'which columns do the statements of the list name, and does every one of them show in the answer?',
    },
    async (t) => {
      const { bytes } = await costOf(t, '/events?limit=20');
      t.atMost('from the database for each event of a list', bytes / 20 / 1_000, mostKilobytes, 'kB');
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'connections',
    'requests share at most 10 connections',
    {
      because: `The app holds more than ${mostConnections} connections. A database has a hundred for everybody, and each is a process of its own.`,
      lookAt: 'how many pools are there, and what is the max of each?',
    },
    async (t) => {
      const path = '/events?limit=5';
      await t.postgres.resetStatements();
      for (let n = 0; n < inTurn; n++) await read(t, path);
      const { opened } = t.postgres.connections();
      t.trail.splice(0, t.trail.length, `${inTurn} × GET ${path}, one after the other\t${opened} connections opened`);
      t.require(opened <= inTurn / 2, {
        expected: 'connections that are kept and used again',
        seen: `${opened} new ones for ${inTurn} requests`,
        because:
          'A connection is opened for a request and thrown away after it. Each costs several round trips and a new process in the database before the first statement.',
        lookAt: 'where is the Client or the Pool created: once, or for each request?',
      });
      // Further away, so that the first has not been answered when the last comes, however busy the machine is.
      t.postgres.delay(crowdDelayMs);
      await Promise.all(
        Array.from({ length: atOnce }, () => read(t, path, { deadlineMs: crowdDeadlineMs, teaching: holdAndWait })),
      );
      const { peak } = t.postgres.connections();
      t.trail.splice(1, t.trail.length, `${atOnce} × GET ${path} at once\t${peak} connections`);
      t.require(peak <= mostConnections, { expected: `at most ${mostConnections} connections`, seen: `${peak}` });
    },
    { limitMs: 60_000 },
  );
}
