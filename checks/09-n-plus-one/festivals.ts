import type { Stage } from '../harness/sdk/index.ts';
import { mustShow, read, truePage } from './truth.ts';

const day = '2029-01-01';
const most = 100;
const firstId = 5_000;
const artists = 20;
const prices = 60;

/** The longest list, of events that all have many artists and prices: more rows than a limit somebody guessed. */
export async function festivals(t: Stage): Promise<void> {
  try {
    await t.postgres.query(announce);
    for (const [limit, teaching] of [
      [5, {}],
      [most, cutOff],
    ] as const) {
      t.trail.begin(`${most} festivals, each with ${artists} artists and ${prices} prices`);
      const answer = await read(t, `/events?limit=${limit}&from=${day}`);
      mustShow(t, answer, await truePage(t, { from: day, limit }), teaching);
    }
  } finally {
    await t.postgres.query(cancel);
    // What later behaviours count must not depend on rows that are gone.
    for (const table of ['prices', 'event_artists', 'events']) await t.postgres.query(`VACUUM ${table}`);
  }
}

const cutOff = {
  because:
    'A list of five festivals is right, and a list of 100 is not. Its events have 2,000 artists and 6,000 prices together. A statement that reads them for the whole list must read all of them, so no limit but the one on the events is right.',
  lookAt: 'which statements have a LIMIT, and how many rows can the longest list have in each of the other tables?',
};

const ids = `generate_series(${firstId}, ${firstId + most - 1}) AS n`;
const announce = `
  INSERT INTO events SELECT n, 'Festival ' || n, timestamptz '${day} 12:00:00+00' + (n - ${firstId}) * interval '1 hour',
    CASE n % 25 WHEN 5 THEN 0 ELSE n % 25 + 1 END, '\\x00'
    FROM ${ids};
  INSERT INTO event_artists SELECT n, k, (n * 7 + k * 3) % 60 + 62 FROM ${ids}, generate_series(1, ${artists}) AS k;
  INSERT INTO prices SELECT 1000000 + (n - ${firstId}) * 100 + k, n, 'Block ' || k, 1900 + (n * 37 + k * 53) % 90 * 100
    FROM ${ids}, generate_series(1, ${prices}) AS k`;
const cancel = ['prices WHERE event_id', 'event_artists WHERE event_id', 'events WHERE id']
  .map((rows) => `DELETE FROM ${rows} BETWEEN ${firstId} AND ${firstId + most - 1}`)
  .join(';');
