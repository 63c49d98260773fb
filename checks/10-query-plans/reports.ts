import { isDeepStrictEqual } from 'node:util';
import { excerpt, type Stage, type Visitor } from '../harness/sdk/index.ts';
import { otherText } from './steps.ts';

/**
 * A day with an order at its first moment, in its last millisecond, and at the first moment of the next; the days on which
 * Oslo's clocks change; one that comes to more than an integer holds; one without orders.
 */
const days = [
  ...['2025-02-14', '2025-02-15', '2025-03-30', '2025-03-08', '2024-10-27', '2024-06-01'],
  // Leap days, and days whose week belongs to another year.
  ...['2024-02-29', '2023-12-31', '2024-12-31'],
];
/** Of cities whose names differ by a letter, a space or an accent. In which order these come is up to a collation. */
const dayOfLetters = '2024-05-17';

/** What is no day, or not written as one. */
const noDays = [
  ...['', '?day=', '?day=2025-02-30', '?day=14.2.2025', '?day=2025-02-29', '?day=2100-02-29', '?day=2025-04-31'],
  ...[
    '?day=2025-13-01',
    '?day=2025-00-10',
    '?day=2025-01-00',
    '?day=2025-2-14',
    '?day=2025-02-14T12:00',
    '?day=0000-01-01',
  ],
];

export async function reportsAreRight(t: Stage, visitor: Visitor): Promise<void> {
  for (const day of [...days, dayOfLetters]) {
    t.trail.begin();
    const { json } = (await visitor.get(`/reports/daily?day=${day}`)).mustBe(200);
    const cities = await t.postgres.query<{ city: string; orders: number; totalCents: number }>(
      `SELECT city, count(*)::int AS orders, sum(total_cents)::float8 AS "totalCents" FROM orders
       WHERE (placed_at AT TIME ZONE 'UTC')::date = $1::date GROUP BY city ORDER BY city`,
      [day],
    );
    const byLetters = (list: unknown) =>
      day === dayOfLetters && Array.isArray(list) ? list.toSorted((a, b) => (a?.city < b?.city ? -1 : 1)) : list;
    const sum = (of: 'orders' | 'totalCents') => cities.reduce((total, city) => total + city[of], 0);
    const expected = { day, orders: sum('orders'), totalCents: sum('totalCents'), cities };
    for (const [name, value] of Object.entries(expected)) {
      t.require(isDeepStrictEqual(byLetters(json?.[name]), byLetters(value)), {
        expected: `"${name}": ${excerpt(JSON.stringify(value), 200)}`,
        seen: excerpt(JSON.stringify(json?.[name]) ?? 'nothing', 200),
        because:
          'The report is not what the table holds for this day. A day is the 24 hours from midnight UTC to before the next, to the microsecond; the sessions of the database are in Oslo.',
        lookAt:
          'between which two moments are orders counted, in which time zone, and can the sum be larger than its type?',
        ...(day === dayOfLetters ? otherText : {}),
      });
    }
  }
  t.trail.begin();
  for (const bad of noDays)
    (await visitor.get(`/reports/daily${bad}`)).mustBe(400, {
      because: 'This is no day, or it is not written as one such as 2025-02-14 is, and the app took it for one.',
      lookAt: 'what is checked of a day: its form, its month, and whether this month has such a day in this year?',
    });
}
