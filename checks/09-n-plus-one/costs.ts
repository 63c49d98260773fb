import type { CheckDefinition } from '../harness/sdk/index.ts';
import { type Cost, costOf, mostJoined, rowsThatBelongTo } from './traffic.ts';
import { truePage } from './truth.ts';

const mostStatements = 3;
/** Four requests at once is the most that came before; more connections are of one request that takes several. */
const fewConnections = 4;
/** Of the rows that belong to a list. Reading each of them once is right; a join of the lists reads nine times as many. */
const mostRows = 2.5;
/** An event joined with each of its prices and its venue is 3; a poster is 60, as PostgreSQL sends it. */
const mostKilobytes = 10;

interface Rows {
  limit: number;
  rows: number;
  belong: number;
}

/** What a list costs the database: statements, rows, bytes. All are counts. */
export function costBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'statements',
    'a list takes at most 3 statements, whatever its limit',
    {
      because:
        'One statement reads the list, and then one more is sent for each of its events: N+1. Every one of them is a round trip to the database.',
      lookAt: 'which functions with a statement in them are called for each event of the list?',
    },
    async (t) => {
      const costs: Cost[] = [];
      // With a day and without, with a limit and without: each may have a way of its own through the app.
      for (const path of ['/events?limit=4', '/events?limit=100&from=2027-03-20', '/events', '/events?limit=1']) {
        const cost = await costOf(t, path);
        t.step(`${cost.statements} statements, most often`, String(cost.most));
        costs.push(cost);
        if (costs.length > 1 && costs.some(({ statements }) => statements > mostStatements)) break;
      }
      const [short, long] = costs as [Cost, Cost];
      t.require(
        costs.every(({ statements }) => statements <= mostStatements),
        {
          expected: `at most ${mostStatements} statements for a list, of 4 events or of 100`,
          seen: inWords(costs.map(({ statements }) => statements)),
          ...reasonFor(short, long),
        },
      );
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'rows',
    'a list reads the rows that belong to it, and no multiple of them',
    {
      because:
        'A join of an event with two lists multiplies them: 20 artists and 60 prices are 1,200 rows for one event, and nearly all of them are thrown away.',
      lookAt: 'how many rows does one festival have after the join?',
    },
    async (t) => {
      const lists = [];
      for (const limit of [2, 20, 100]) {
        const { rows } = await costOf(t, `/events?limit=${limit}`);
        const ids = (await truePage(t, { limit })).map(({ id }) => id);
        lists.push({ limit, rows, belong: await rowsThatBelongTo(t, ids) });
      }
      const joined = await mostJoined(t); // Of the last list, the long one.
      const [tiny, , long] = lists as [Rows, Rows, Rows];
      // What is read of a tiny list beyond what its events need, going by the long one, is there for every list.
      const forEachRow = (long.rows - tiny.rows) / (long.belong - tiny.belong);
      const wholeTables = tiny.rows - forEachRow * tiny.belong > tiny.rows / 2;
      for (const { limit, rows, belong } of lists) {
        t.step(`the ${limit} events with their artists and prices`, `${belong} rows`);
        t.atMost(`rows for a list of ${limit}`, rows, Math.round(mostRows * belong), 'rows', {
          ...(wholeTables
            ? {
                because: `Whole tables are read: ${tiny.rows} rows for ${tiny.limit} events and ${long.rows} for ${long.limit}. That grows with the tables, not with the list.`,
                lookAt: 'which statements have no condition on the events of this list?',
              }
            : {}),
        });
      }
      // What the database makes and throws away by itself is work, too, though nothing of it is sent. Judged by the long
      // list only: for a short one PostgreSQL may join whole small tables first, which is its own choice.
      t.atMost(
        `rows that one join makes for a list of ${long.limit}`,
        joined,
        Math.round(mostRows * long.belong),
        'rows',
      );
      const from = '2027-05-01';
      const later = await costOf(t, `/events?limit=2&from=${from}`);
      const ids = (await truePage(t, { from, limit: 2 })).map(({ id }) => id);
      const belong = await rowsThatBelongTo(t, ids);
      t.step('the 2 events with their artists and prices', `${belong} rows`);
      t.atMost('rows for a list of 2 from a day on', later.rows, Math.round(mostRows * belong), 'rows', {
        because:
          'A list without a day reads the rows that belong to it. With a day it reads others, too, so the day is not a condition of every statement.',
        lookAt: 'what does from change about the statements, and where do the events before that day drop out?',
      });
      const none = await costOf(t, '/events?limit=100&from=2999-12-31');
      t.step('no events', '0 rows');
      t.atMost('rows for an empty list', none.rows, mostStatements, 'rows', {
        because:
          'The list is empty, and rows are read for it all the same. A statement that has no event to ask for has lost its condition, and asks for everything.',
        lookAt: 'what becomes of the condition on the events of the list when there are none?',
      });
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'posters',
    'no poster crosses the wire for a list',
    {
      because:
        'Far more comes from the database than the list shows. Each row of events holds a poster of 30 KB, which PostgreSQL sends as 60 KB of text, and a statement that selects every column reads it.',
      lookAt: 'which columns do the statements of the list name, and does every one of them show in the answer?',
    },
    async (t) => {
      // Each may have a way of its own through the app.
      for (const [query, limit] of [
        ['?limit=1', 1],
        ['?limit=2', 2],
        ['', 20],
        ['?limit=100', 100],
        ['?limit=1&from=2027-05-01', 1],
        ['?limit=2&from=2027-05-01', 2],
      ] as const) {
        const { bytes } = await costOf(t, `/events${query}`);
        t.atMost(`from the database for each event of /events${query}`, bytes / limit / 1_000, mostKilobytes, 'kB');
      }
    },
    { limitMs: 60_000 },
  );
}

/** Why there are too many statements, if it is not the plain N+1 of the starter. */
function reasonFor(short: Cost, long: Cost) {
  const more = long.statements - short.statements;
  // A pool that takes turns sends one after the other over the few connections that it has open by now.
  const { connections } = long;
  if (more > 40 && connections > fewConnections)
    return {
      because: `The statements for each event are now sent side by side, over ${connections} connections. There are as many as before, and a single list takes every connection that the app has.`,
      lookAt: 'can one statement ask for all events of the list what each of them now asks for itself?',
    };
  if (more > 40) return {}; // There are 96 events more.
  if (short.statements > long.statements)
    return {
      because:
        'A list of 100 takes few statements, and a short one takes more. It goes another way through the app, and still asks for its events one by one.',
      lookAt: 'what decides which way a list is read: its limit, its length, the day?',
    };
  if (more > 0)
    return {
      because:
        'Some of what belongs to the events is still asked for again and again, for a part of them or for one at a time. So a longer list takes more statements.',
      lookAt: 'the statement above that is sent most often: what decides how often?',
    };
  return {
    because: 'The number no longer grows with the list. It is still more than the contract allows.',
    lookAt: 'of which table is there at most one row for each event, so that a join adds no rows?',
  };
}

function inWords(numbers: number[]): string {
  return [numbers.slice(0, -1).join(', '), numbers.at(-1)].filter((part) => part !== '').join(' and ');
}
