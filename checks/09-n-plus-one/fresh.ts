import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { holdTable, waitingForLock } from './held-table.ts';
import { type Listed, mustEqual, mustShow, read, trueEvent, truePage } from './truth.ts';

const stale = {
  because:
    'The answer comes from a cache. The box office writes to the same database, nobody tells the cache, and the shop goes on showing what was true before.',
  lookAt: 'what does the app keep from one request to the next: whole answers, venues, artists, line-ups, prices?',
};
const shared = {
  because:
    'The request began after the change and got the answer of another request that had begun before it. Requests that share one answer share how old it is.',
  lookAt: 'does a request wait for the result of another one that asks the same?',
};

/** The second request has reached the app by then, if it sends no statement that could be seen to wait. */
const arrivesWithinMs = 500;

export function freshBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'fresh',
    'a change in the database shows in the next answer',
    stale,
    async (t) => {
      await changesShow(t);
      await changesShowBesideAnother(t);
    },
    { limitMs: 60_000 },
  );
}

/** What the box office changes, one thing at a time. Every table of the list is among them. */
async function changesShow(t: Stage): Promise<void> {
  const from = '2027-03-06';
  const event = (await truePage(t, { from, limit: 4 })).find(
    ({ venue, artists, fromCents }) => venue && artists.length > 1 && fromCents !== null,
  );
  if (!event) return t.inconclusive('the database holds no event to change', 'delete .workshop/postgres');
  const shortList = async (teaching = {}) => {
    const path = `/events?from=${from}&limit=4`;
    mustShow(t, await read(t, path), await truePage(t, { from, limit: 4 }), teaching);
    const detail = await read(t, `/events/${event.id}`);
    mustEqual(t, detail.json, (await trueEvent(t, event.id)) as Listed, '', teaching);
  };
  const frontPage = async (teaching = {}) =>
    mustShow(t, await read(t, '/events'), await truePage(t, { limit: 20 }), teaching);
  await frontPage();
  await shortList();
  for (const [step, sql, params] of [
    [
      `the box office lowers a price of event ${event.id}`,
      'UPDATE prices SET price_cents = 100 WHERE id = (SELECT max(id) FROM prices WHERE event_id = $1)',
      [event.id],
    ],
    ['an artist is renamed', 'UPDATE artists SET name = $2 WHERE id = $1', [event.artists[0]?.id, 'The New Names']],
    ['a venue is renamed', 'UPDATE venues SET name = $2 WHERE id = $1', [event.venue?.id, 'Newly Named Hall']],
    [
      `another artist plays second at event ${event.id}`,
      'UPDATE event_artists SET artist_id = 61 WHERE event_id = $1 AND position = 2',
      [event.id],
    ],
    [
      `event ${event.id} moves by an hour and gets another title`,
      `UPDATE events SET title = 'One Hour Later', starts_at = starts_at + interval '1 hour' WHERE id = $1`,
      [event.id],
    ],
    [
      'another event is announced',
      `INSERT INTO events SELECT 1001, 'Extra Date', $1::timestamptz, NULL, poster FROM events WHERE id = 1`,
      [`${from} 08:00:00+00`],
    ],
  ] as const) {
    t.trail.begin(step);
    await t.postgres.query(sql, params);
    await shortList(stale);
  }
  t.trail.begin('the changes of the box office, all of them');
  await frontPage(stale);
}

/** The change comes while a request is on its way. Whoever asks after the change must see it. */
async function changesShowBesideAnother(t: Stage): Promise<void> {
  const path = '/events?limit=4';
  const letGo = await holdTable(t, 'event_artists');
  let first: Promise<unknown>;
  let second: ReturnType<typeof read>;
  try {
    first = read(t, path);
    first.catch(() => {}); // Awaited below.
    await t.until('the first request to ask for its artists', async () => (await waitingForLock(t)) > 0);
    await t.postgres.query(`UPDATE venues SET name = 'Renamed ' || id`);
    second = read(t, path);
    let answered = false;
    second.then(
      () => (answered = true),
      () => (answered = true),
    );
    const sentAt = performance.now();
    await t.until(
      'the second request to arrive',
      async () => answered || (await waitingForLock(t)) > 1 || performance.now() - sentAt > arrivesWithinMs,
    );
  } finally {
    await letGo();
  }
  await first;
  const answer = await second;
  t.trail.begin(`GET ${path}`, 'its artists are held back');
  t.step('every venue is renamed');
  t.step(`GET ${path}`, 'asked after that, while the first one still waits');
  mustShow(t, answer, await truePage(t, { limit: 4 }), shared);
}
