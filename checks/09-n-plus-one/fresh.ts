import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { Copies } from './copies.ts';
import { forgetHolds, holdReaders, nothingOpen, waitingForLock } from './held-table.ts';
import { ask, type Listed, mustEqual, mustShow, read, trueEvent, truePage } from './truth.ts';

const stale = {
  because:
    'The answer comes from a cache. The box office writes to the same database, nobody tells the cache, and the shop goes on showing what was true before.',
  lookAt: 'what does the app keep from one request to the next: whole answers, venues, artists, line-ups, prices?',
};
const shared = {
  because:
    'The request began after the change, and it shows what another request had read before the change. Requests that share an answer, or a part of one, share how old it is.',
  lookAt:
    'does a request wait for what another one has asked, such as in a Map of promises or a DataLoader that all requests share?',
};

/** The second request has reached the app by then, if it sends no statement that could be seen to wait. */
const arrivesWithinMs = 500;

/** Its events have a venue, artists and prices. */
const day = '2027-03-06';

export function freshBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'fresh',
    'a change in the database shows in the next answer',
    stale,
    async (t) => {
      await changesShow(t);
      // A table stays gated until all are forgotten, so the one that is read first comes last.
      const tables = ['artists', 'prices', 'events'];
      for (const table of tables) await changesShowBesideAnother(t, table);
      await forgetHolds(t, tables);
    },
    { limitMs: 60_000 },
  );
}

/** What the box office changes, one thing at a time. Every table of the list is among them. */
async function changesShow(t: Stage): Promise<void> {
  const from = day;
  const event = (await truePage(t, { from, limit: 4 })).find(
    ({ venue, artists, fromCents }) => venue && artists.length > 1 && fromCents !== null,
  );
  if (!event) return t.inconclusive('the database holds no event to change', 'delete .workshop/postgres');
  const copies = new Copies(t);
  const shortList = async (teaching = {}) => {
    const page = await truePage(t, { from, limit: 4 });
    await copies.read(`/events?from=${from}&limit=4`, (answer) => mustShow(t, answer, page, teaching));
    const detail = (await trueEvent(t, event.id)) as Listed;
    await copies.read(`/events/${event.id}`, ({ json }) => mustEqual(t, json, detail, '', teaching));
  };
  const frontPage = async (teaching = {}) => {
    const page = await truePage(t, { limit: 20 });
    await copies.read('/events', (answer) => mustShow(t, answer, page, teaching));
  };
  await frontPage();
  await shortList();
  const isThere = async (status: number) => void (await ask(t, '/events/1001')).mustBe(status, stale);
  for (const [step, sql, params, before, after] of [
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
      404,
      200,
    ],
    [
      `the cheapest areas of event ${event.id} are withdrawn`,
      `DELETE FROM prices p WHERE event_id = $1
       AND price_cents = (SELECT min(price_cents) FROM prices WHERE event_id = p.event_id)`,
      [event.id],
    ],
    [
      `the headliner of event ${event.id} cancels`,
      'DELETE FROM event_artists WHERE event_id = $1 AND position = (SELECT min(position) FROM event_artists WHERE event_id = $1)',
      [event.id],
    ],
    [`event ${event.id} loses its venue`, 'UPDATE events SET venue_id = NULL WHERE id = $1', [event.id]],
    [`the last price of event ${event.id} is gone`, 'DELETE FROM prices WHERE event_id = $1', [event.id]],
  ] as [step: string, sql: string, params: unknown[], before?: number, after?: number][]) {
    t.trail.begin();
    if (before) {
      await isThere(before);
      await nothingOpen(t); // Whoever has left a transaction open reads what was true when it began.
    }
    t.step(step);
    await t.postgres.query(sql, params);
    if (after) await isThere(after);
    await shortList(stale);
  }
  t.trail.begin('the changes of the box office, all of them');
  await frontPage(stale);
  mustEqual(t, (await ask(t, '/events/1001')).mustBe(200, stale).json, (await trueEvent(t, 1001)) as Listed, '', stale);
  await t.postgres.query('DELETE FROM events WHERE id = 1001');
  t.trail.begin('the event that was announced is cancelled');
  await shortList(stale);
  (await ask(t, '/events/1001')).mustBe(404, stale);
}

/**
 * The change comes while requests are on their way: they have a snapshot of what was true before. Whoever asks after the
 * change must see it. Each table in turn, because an app may share one of its statements and not the others.
 */
async function changesShowBesideAnother(t: Stage, table: string): Promise<void> {
  const list = `/events?from=${day}&limit=4`;
  const [event] = (await truePage(t, { from: day, limit: 4 })).filter(
    ({ artists, fromCents }) => artists.length && fromCents,
  );
  if (!event) return t.inconclusive('the database holds no event to change', 'delete .workshop/postgres');
  const paths = [list, `/events/${event.id}`];
  const letGo = await holdReaders(t, table);
  const early: Promise<unknown>[] = [];
  const late: ReturnType<typeof read>[] = [];
  try {
    early.push(...inBackground(paths.map((path) => read(t, path))));
    await t.until(`a request to read ${table}`, async () => (await waitingForLock(t)) > 0);
    await reached(t, early, paths.length);
    await t.postgres.query(`
      UPDATE venues SET name = 'New ' || name WHERE id <= 25;
      UPDATE artists SET name = 'New ' || name WHERE id <= 61;
      UPDATE prices SET price_cents = price_cents + 100 WHERE event_id = ${event.id};
      UPDATE events SET title = 'New ' || title WHERE id = ${event.id}`);
    const waiting = await waitingForLock(t);
    late.push(...inBackground(paths.map((path) => read(t, path))));
    await reached(t, late, waiting + paths.length);
  } finally {
    await letGo();
  }
  await Promise.all(early);
  const trail = (path: string) => {
    t.trail.begin(`GET ${path}`, `its statement on ${table} is held back`);
    t.step('titles, venues, artists and prices are changed');
    t.step(`GET ${path}`, 'asked after that, while the first one still waits');
  };
  const [listed, detail] = await Promise.all(late);
  if (!listed || !detail) throw new Error('a request for each path');
  trail(list);
  mustShow(t, listed, await truePage(t, { from: day, limit: 4 }), shared);
  trail(`/events/${event.id}`);
  mustEqual(t, detail.json, (await trueEvent(t, event.id)) as Listed, '', shared);
}

/** Requests that are awaited later: until then a failure of one is nobody's. */
function inBackground<T>(requests: Promise<T>[]): Promise<T>[] {
  for (const request of requests) request.catch(() => {});
  return requests;
}

/** All of them wait in the database, or are answered, or have had the time to reach the app and wait inside of it. */
async function reached(t: Stage, requests: Promise<unknown>[], waiting: number): Promise<void> {
  let answered = 0;
  for (const request of requests) {
    const count = () => {
      answered++;
    };
    request.then(count, count);
  }
  const sentAt = performance.now();
  await t.until('the requests to arrive', async () => {
    if (performance.now() - sentAt > arrivesWithinMs) return true;
    return (await waitingForLock(t)) + answered >= waiting;
  });
}
