import type { CheckDefinition } from '../harness/sdk/index.ts';
import { festivals } from './festivals.ts';
import { ask, eventsIn, type Listed, mustEqual, mustShow, read, trueEvent, truePage } from './truth.ts';

/**
 * Limits that end in the middle of a day, whose three events begin at the same time; a day that begins with events at
 * midnight UTC, 13 ms after those of the day before; the last days; days after them; names that hold commas and quotes.
 */
const lists = [
  { from: '2027-03-07', limit: 10 },
  { from: '2027-03-21', limit: 14 },
  { from: '2027-06-11', limit: 20 },
  { from: '2027-07-01', limit: 20 },
  { from: '2999-12-31', limit: 20 },
  { from: '1899-12-31', limit: 3 }, // Before the clocks of the world counted from 1970, and those of Oslo in whole minutes.
  { from: undefined, limit: 24 },
];

/** A festival in the venue with the id 0, and events without artists, a venue or prices; one with a quote in its title, one with free seats. */
const single = [5, 3, 7, 18, 27, 82];
const noEvent = ['301', '2147483648', '99999999999', '0', '-5', '5x', '5.5', '5,6', 'abc', '5\0', `5' OR '1'='1`];

const badLimits = [
  'limit=0',
  'limit=00',
  'limit=000',
  'limit=-1',
  'limit=2.5',
  'limit=ten',
  'limit=5x',
  'limit=1e1',
  'limit=0x10',
  'limit=',
];
const twice = ['limit=5&limit=6', 'from=2027-03-20&from=2027-03-21'];
const badDays = [
  'from=soon',
  'from=2027-13-01',
  'from=2027-02-30',
  'from=2027-03',
  'from=2027-04-31',
  'from=2027-00-10',
  'from=2027-03-00',
  'from=2027-3-20',
  'from=20270320',
  'from=2027-03-20T10:00:00Z',
  'from=2027-03-20Z',
  'from=',
];

/** What is answered to a right question. */
export function answersBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'answers',
    'every list and every event is what the database holds',
    {
      because: 'The list is not what the database holds.',
      lookAt: 'what does the list take from which table, and in which order?',
    },
    async (t) => {
      for (const { from, limit } of lists) {
        t.trail.begin();
        const path = `/events?limit=${limit}${from ? `&from=${from}` : ''}`;
        mustShow(t, await read(t, path), await truePage(t, { from, limit }));
      }
      for (const id of single) {
        t.trail.begin();
        mustEqual(t, (await read(t, `/events/${id}`)).json, (await trueEvent(t, id)) as Listed);
      }
      for (const id of noEvent) {
        t.trail.begin();
        (await ask(t, `/events/${encodeURIComponent(id)}`)).mustBe(404, {
          because: 'There is no such event. What is not a whole number can be the id of none.',
          lookAt: 'what does GET /events/:id do when there is no row, or when the id is not a number?',
        });
      }
      await festivals(t);
    },
    { limitMs: 60_000 },
  );
}

/** How large a list is, and what is no question at all. */
export function limitsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'limits',
    'a list has 20 events, or limit, and never more than 100',
    {
      because: 'The limit comes from the visitor. Without a cap, one request reads the whole table.',
      lookAt: 'what happens to limit between the query string and the statement?',
    },
    async (t) => {
      for (const [path, length] of [
        ['/events', 20],
        ['/events?limit=1', 1],
        ['/events?limit=101', 100],
        ['/events?limit=99999999999999999999', 100], // No integer of PostgreSQL, nor a safe one of JavaScript.
      ] as const) {
        const answer = await ask(t, path);
        const events = eventsIn(
          t,
          answer.mustBe(200, {
            because: 'That is a whole number from 1. More than 100 is treated as 100, however many digits it has.',
            lookAt: 'which limits are refused, and which are cut down to 100?',
          }),
        );
        t.require(events.length === length, { expected: `${length} events`, seen: `${events.length}` });
      }
      for (const query of badLimits) {
        t.trail.begin();
        (await ask(t, `/events?${query}`)).mustBe(400, {
          because:
            'That is not a whole number from 1. It was used as a limit, or it reached the database and failed there.',
          lookAt: 'what is checked before the first statement is sent?',
        });
      }
      for (const query of twice) {
        t.trail.begin();
        (await ask(t, `/events?${query}`)).mustBe(400, {
          because: 'The address says it twice, so it is a list of two, and not a limit or a day.',
          lookAt: 'which types can a value of req.query have?',
        });
      }
      for (const query of badDays) {
        t.trail.begin();
        (await ask(t, `/events?${query}`)).mustBe(400, {
          because:
            'There is no such day, or it is not written as the contract says. It was used as one, or it reached the database and failed there.',
          lookAt: 'what is checked before the first statement is sent? A Date turns 30 February into 2 March.',
        });
      }
    },
    { limitMs: 60_000 },
  );
}
