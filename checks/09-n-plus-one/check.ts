import { defineCheck } from '../harness/sdk/index.ts';
import { costBehaviours } from './costs.ts';
import lesson from './lesson.ts';
import { databaseWatch } from './traffic.ts';
import { ask, cutShort, eventsIn, type Listed, mustEqual, mustShow, read, trueEvent, truePage } from './truth.ts';

/** An event that lacks one thing and nothing else, and what the list must say of it. */
const lacking = [
  ['has no venue yet', 'venue_id IS NULL AND artists > 0 AND cheapest > 0', 'venue null'],
  ['has no artists yet', 'venue_id IS NOT NULL AND artists = 0 AND cheapest > 0', 'artists []'],
  ['has no prices yet', 'venue_id IS NOT NULL AND artists > 0 AND cheapest IS NULL', 'fromCents null'],
  ['has seats that are free', 'venue_id IS NOT NULL AND artists > 0 AND cheapest = 0', 'fromCents 0'],
] as const;

const stale = {
  because:
    'The answer comes from a cache that nobody told. The box office writes to this database, too, and the shop goes on showing what was true before.',
  lookAt: 'what is kept from one request to the next: whole answers, venues, artists, prices?',
};

defineCheck(lesson, ({ behaviour, load }) => {
  behaviour(
    'complete',
    'events without a venue, artists or prices still show',
    {
      because: 'An inner join drops an event for which the other table has no row.',
      lookAt: 'which of the tables must have a row for an event to show?',
    },
    async (t) => {
      for (const [what, condition, says] of lacking) {
        const [event] = await t.postgres.query<{ id: number; day: string }>(
          `SELECT id, to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day FROM (
             SELECT e.*, (SELECT count(*) FROM event_artists l WHERE l.event_id = e.id) AS artists,
               (SELECT min(price_cents) FROM prices p WHERE p.event_id = e.id) AS cheapest FROM events e
           ) AS counted WHERE ${condition} ORDER BY id LIMIT 1`,
        );
        if (!event) return t.inconclusive(`the database has no event that ${what}`, 'delete .workshop/postgres');
        const path = `/events?from=${event.day}&limit=6`;
        t.trail.splice(0);
        const expected = await truePage(t, { from: event.day, limit: 6 });
        const answer = await read(t, path);
        const shown = eventsIn(t, answer);
        // A list that is cut short, or shows none of the right events, has another cause, which mustShow names.
        const someShow = shown.some(({ id }) => expected.some((other) => other.id === id));
        if (someShow && !cutShort(shown, expected))
          t.require(
            shown.some(({ id }) => id === event.id),
            {
              expected: `event ${event.id}, which ${what}, with ${says}`,
              seen: `a list without it: ${shown.map(({ id }) => id).join(', ')}`,
              because: `Event ${event.id} ${what}, and the list has lost it. An inner join drops an event for which the other table has no row.`,
            },
          );
        mustShow(t, answer, expected);
      }
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'answers',
    'every list and every event is what the database holds',
    {
      because: 'The list is not what the database holds.',
      lookAt: 'what does the list take from which table, and in which order?',
    },
    async (t) => {
      // Drawn anew each time, so that nobody can answer from a list of their own. The day is in the failure.
      for (const limit of [9, 14]) {
        const from = new Date(Date.UTC(2027, 2, 5 + Math.floor(Math.random() * 90))).toISOString().slice(0, 10);
        const answer = await read(t, `/events?from=${from}&limit=${limit}`);
        mustShow(t, answer, await truePage(t, { from, limit }));
      }
      mustShow(t, await read(t, '/events?from=2027-07-01'), []);
      const id = 1 + Math.floor(Math.random() * 300);
      for (const one of [id, 5, 7]) {
        const answer = await read(t, `/events/${one}`);
        mustEqual(t, answer.json, (await trueEvent(t, one)) as Listed);
      }
      for (const none of ['301', '99999999999', 'abc']) {
        (await ask(t, `/events/${none}`)).mustBe(404, {
          because: 'There is no such event. Nobody can know that from an error of the database.',
          lookAt: 'what does GET /events/:id do when there is no row, or when the id is no id?',
        });
      }
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'fresh',
    'a change in the database shows in the next answer',
    stale,
    async (t) => {
      const from = '2027-04-01';
      const limit = 4;
      const event = (await truePage(t, { from, limit })).find(
        ({ venue, artists, fromCents }) => venue && artists.length > 0 && fromCents !== null,
      );
      if (!event) return t.inconclusive('the database holds no event to change', 'delete .workshop/postgres');
      const look = async (teaching = {}) => {
        mustShow(t, await read(t, `/events?from=${from}&limit=${limit}`), await truePage(t, { from, limit }), teaching);
        const detail = await read(t, `/events/${event.id}`);
        mustEqual(t, detail.json, (await trueEvent(t, event.id)) as Listed, '', teaching);
      };
      await look();
      for (const [step, sql, params] of [
        [
          `the box office lowers a price of event ${event.id}`,
          'UPDATE prices SET price_cents = 100 WHERE id = (SELECT max(id) FROM prices WHERE event_id = $1)',
          [event.id],
        ],
        ['an artist is renamed', 'UPDATE artists SET name = $2 WHERE id = $1', [event.artists[0]?.id, 'The New Names']],
        ['a venue is renamed', 'UPDATE venues SET name = $2 WHERE id = $1', [event.venue?.id, 'Newly Named Hall']],
        [
          'another event is announced',
          `INSERT INTO events SELECT 1001, 'Extra Date', $1::timestamptz, NULL, poster FROM events WHERE id = 1`,
          [`${from} 08:00:00+00`],
        ],
      ] as const) {
        t.trail.splice(0, t.trail.length, step);
        await t.postgres.query(sql, params);
        await look(stale);
      }
    },
    { limitMs: 60_000 },
  );

  costBehaviours(behaviour);

  behaviour(
    'limits',
    'a list has 20 events, or limit, and never more than 100',
    {
      because: 'The limit comes from whoever asks. Without a cap, one request reads the whole table.',
      lookAt: 'what becomes of limit between the query string and the statement?',
    },
    async (t) => {
      for (const [path, length] of [
        ['/events', 20],
        ['/events?limit=1', 1],
        ['/events?limit=100000', 100],
      ] as const) {
        const events = eventsIn(t, await read(t, path));
        t.require(events.length === length, { expected: `${length} events`, seen: `${events.length}` });
      }
      for (const query of ['limit=0', 'limit=-1', 'limit=2.5', 'limit=ten', 'from=soon', 'from=2027-13-01'])
        (await ask(t, `/events?${query}`)).mustBe(400, {
          because: 'That is no limit, or no day. It was taken for one, or it reached the database and failed there.',
          lookAt: 'what is checked before the first statement is sent?',
        });
    },
    { limitMs: 60_000 },
  );

  load((t) => ({ watch: () => databaseWatch(t) }));
});
