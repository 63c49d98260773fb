import { type Answer, type CheckDefinition, excerpt, type Stage, type Visitor } from '../harness/sdk/index.ts';
import { cityPath, newOrder, ordersAt } from './steps.ts';

const attack = `'; DELETE FROM orders WHERE city = 'helgoland'; --`;

/** Sent as a city and as an e-mail. */
const names = [
  `x' OR 'a'='a`,
  `x\\' OR 1=1 --`,
  `x' UNION SELECT id, reference, email, city, seats, total_cents, placed_at FROM orders --`,
  `x${attack}`,
];

/** What can only be a fault of the visitor, in each of the other places. */
const queries = [
  ...['sideways', 'DESC', 'toString', ''].map((sort) => ({ sort })),
  ...['desc, id', `asc${attack}`, '(SELECT 1)', 'desc LIMIT 1 --', '__proto__'].map((sort) => ({ sort })),
  ...['20; DELETE FROM orders', '20 OFFSET 5', `20${attack}`].map((limit) => ({ limit })),
  ...[attack, Buffer.from(attack).toString('base64url')].map((after) => ({ after })),
];

export function injectionBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'injection',
    'nothing that a visitor sends becomes a part of a statement',
    {
      because: 'What the visitor sent was put into the text of the statement, and PostgreSQL executed it.',
      lookAt: 'which parts of a statement are written by a visitor? Values can be parameters ($1); what can’t be one?',
    },
    async (t) => {
      const visitor = t.visitor();
      const before = await ordersOfHelgoland(t);
      const unharmed = async () => {
        const now = await ordersOfHelgoland(t).catch(() => 0);
        t.require(now === before, { expected: `the ${before} orders of helgoland to be there still`, seen: `${now}` });
      };
      for (const text of names) {
        for (const name of ['city', 'email']) {
          t.trail.begin();
          await t.postgres.resetStatements();
          const answer = await visitor.get(`/orders?${name}=${encodeURIComponent(text)}`);
          notInAStatement(t, answer, text);
          const { status, json } = answer;
          const none = status === 400 || (status === 200 && json?.orders?.length === 0);
          t.require(none, {
            expected: `no orders: no ${name} has this name`,
            seen: `${status} ${excerpt(JSON.stringify(json) ?? '')}`,
          });
          await unharmed();
        }
      }
      for (const query of queries) {
        t.trail.begin();
        await t.postgres.resetStatements();
        const answer = await visitor.get(cityPath('helgoland', query));
        await unharmed();
        notInAStatement(t, answer, Object.values(query)[0] as string);
        answer.mustBe(400, reasonOf(answer));
      }
      await changedCursors(t, visitor);
      t.trail.begin();
      const report = await visitor.get(`/reports/daily?day=${encodeURIComponent(`2025-02-14${attack}`)}`);
      await unharmed();
      report.mustBe(400, reasonOf(report));
      const order = newOrder({ email: `o'hara@example.org`, city: `x', 'y', 1, 1)${attack}` });
      const placed = await visitor.post('/orders', order);
      await unharmed();
      placed.mustBe(201);
      t.require(placed.json?.city === order.city && placed.json.email === order.email, {
        expected: `the order with the city and the email as they were sent`,
        seen: excerpt(placed.text, 160),
      });
    },
    { further: true },
  );
}

/**
 * An error of PostgreSQL tells that something was wrong with a statement, and not why. Where the text of the visitor is a part
 * of one, that is why.
 */
function notInAStatement(t: Stage, answer: Answer, text: string): void {
  // Behind its first quote, which may have been doubled.
  const part = text.slice(text.indexOf("'") + 1);
  const written = part.length > 3 && t.postgres.sent().find(({ sql }) => sql.includes(part));
  if (!written || answer.status < 500) return;
  answer.is(answer.status); // What it says is explained here.
  const at = written.sql.indexOf(part);
  t.require(false, {
    expected: 'no statement with this text in it',
    seen: `${answer.status}, and the statement: …${excerpt(written.sql.slice(Math.max(0, at - 40), at + part.length + 20), 160)}…`,
  });
}

/** The app's own cursor, with a number in it that is no id of the table, or no day. */
async function changedCursors(t: Stage, visitor: Visitor): Promise<void> {
  const { orders, next } = await ordersAt(t, visitor, cityPath('berlin'));
  const id = orders.at(-1)?.id;
  const withId = (value: string) => (text: string) => replaceNumber(text, String(id), value);
  for (const [what, change] of [
    ['an id beyond the integers of PostgreSQL', withId('99999999999')],
    ['the first id beyond the integers of PostgreSQL', withId('2147483648')],
    ['the 99th day of a month', (text: string) => text.replace(/-\d\d-\d\d/, '-12-99')],
    // Date.parse takes it for 2 March.
    ['a 30th of February', (text: string) => text.replace(/-\d\d-\d\d/, '-02-30')],
  ] as const) {
    const forged = changedIn(next, change);
    if (forged === next) continue;
    t.trail.begin(`the next of a page, changed by hand: ${what}`);
    const answer = await visitor.get(cityPath('berlin', { after: forged }));
    answer.is(500);
    t.require(answer.status === 400, {
      expected: '400',
      seen: `${answer.status} ${excerpt(answer.text)}`,
      because: `A cursor can be read and changed by whoever gets it. This one holds ${what}, and the app took it for one of its own.`,
      lookAt: 'what does the app check of a cursor: its form, or also that its values are possible?',
    });
  }
}

/** The id may stand before the time or behind it. Where it is not written as it is, the last number is taken for it. */
function replaceNumber(text: string, number: string, value: string): string {
  const at = [...text.matchAll(/\d+/g)].findLast(([digits]) => digits === number)?.index;
  if (at === undefined) return text.replace(/\d+(?=\D*$)/, value);
  return text.slice(0, at) + value + text.slice(at + number.length);
}

/** Text behind base64 is changed there; any other as it is. A cursor that can't be read stays whole. */
function changedIn(cursor: string, change: (text: string) => string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  const readable = /^[\x20-\x7e]+$/.test(text) && Buffer.from(text).toString('base64url') === cursor.replace(/=+$/, '');
  return readable ? Buffer.from(change(text)).toString('base64url') : change(cursor);
}

/** An answer of 200 says that it was accepted, and not that PostgreSQL saw it. */
function reasonOf({ status }: Answer) {
  if (status !== 200) return {};
  return {
    because: 'This is no value that the README names, and it was taken for one.',
    lookAt: 'what is checked before a statement is sent?',
  };
}

async function ordersOfHelgoland(t: Stage): Promise<number> {
  const [row] = await t.postgres.query<{ n: number }>(`SELECT count(*)::int AS n FROM orders WHERE city = 'helgoland'`);
  return row?.n ?? 0;
}
