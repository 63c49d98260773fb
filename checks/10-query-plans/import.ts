import { excerpt, type Stage, type Visitor } from '../harness/sdk/index.ts';
import { cityPath, newOrder, ordersAt } from './steps.ts';

/** A customer and a city that have orders. */
const city = "l'aquila";
const email = "o'brien@example.org";

/** A day that is long over, and one that has not begun: an import brings what a partner has sold for then. */
export const importedDays = () => ['2025-04-10', new Date(Date.now() + 36 * 3_600_000).toISOString().slice(0, 10)];

/** Asks for the lists and the report of a day, lets an import write an order into the table, and asks again. */
export async function importShowsAtOnce(t: Stage, visitor: Visitor, day: string): Promise<void> {
  const answers = async () => {
    const lists = [];
    for (const path of [`/orders?${new URLSearchParams({ email })}`, cityPath(city)])
      lists.push((await ordersAt(t, visitor, path)).orders[0]?.reference);
    const { json } = (await visitor.get(`/reports/daily?day=${day}`)).mustBe(200);
    const there = json?.cities?.find?.((one: { city?: string }) => one?.city === city);
    return {
      'newest of the customer': lists[0],
      'newest of the city': lists[1],
      'report of that day': `${json?.orders} orders of ${json?.totalCents} cents, ${there?.orders ?? 0} of ${there?.totalCents ?? 0} in ${city}`,
    };
  };
  t.trail.begin();
  const before = await answers();
  const { reference, seats, totalCents } = newOrder();
  await t.postgres.query(
    `INSERT INTO orders (reference, email, city, seats, total_cents, placed_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [reference, email, city, seats, totalCents, `${day} 23:59:59.5+00`],
  );
  t.trail.begin('both lists and the report of a day', 'as they must be');
  t.step(`an import writes an order into the table, placed at ${day} 23:59:59.5 UTC`);
  const after = await answers();
  t.trail.retell(2);
  const [orders = 0, cents = 0, inCity = 0, centsInCity = 0] = (before['report of that day'].match(/\d+/g) ?? []).map(
    Number,
  );
  const expected = {
    'newest of the customer': reference,
    'newest of the city': reference,
    'report of that day': `${orders + 1} orders of ${cents + totalCents} cents, ${inCity + 1} of ${centsInCity + totalCents} in ${city}`,
  };
  for (const [what, value] of Object.entries(expected)) {
    const seen = after[what as keyof typeof after];
    t.require(seen === value, {
      expected: `${what}: ${value}`,
      seen: excerpt(String(seen)),
      ...(seen === before[what as keyof typeof before] ? notHeardOf : {}),
    });
  }
}

const notHeardOf = {
  because:
    'An import has written an order into the table, past the app, and the answer is still the one from before. Whatever is kept beside the table, such as an answer or a total, did not hear of it.',
  lookAt: 'what is kept, in the app or in a table of its own, and who brings it up to date when the table changes?',
};
