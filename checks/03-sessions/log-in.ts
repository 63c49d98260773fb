import type { CheckDefinition, RequestOptions, Stage, Visitor } from '../harness/sdk/index.ts';
import { ada, asJson, itemsOf, logIn, mustRead, noFields, requireItems, whenReady } from './steps.ts';

type Behaviour = CheckDefinition['behaviour'];

/** All of these may. Some names look like another type, or like a word of JavaScript. One basket holds more than ten items. */
const sold = [
  'friday-opening × 2',
  'constructor × 1',
  'friday-opening × 2', // Equal to the first: a set would keep only one of them.
  ...['2027 × 8', '007 × 1', '1e3 × 2', 'true × 1', 'null × 1', '- × 3', 'a--b × 1'],
  `${'f'.repeat(64)} × 8`,
];

/** None of these may get into a basket. */
const notSold = [
  { seats: 2 },
  { event: 'friday-opening' },
  { event: 'Friday Opening', seats: 2 },
  { event: '', seats: 2 },
  { event: 'f'.repeat(65), seats: 2 },
  { event: ['friday-opening'], seats: 2 },
  { event: 2027, seats: 2 },
  { event: null, seats: 2 },
  { event: 'friday-opening', seats: 0 },
  { event: 'friday-opening', seats: 9 },
  { event: 'friday-opening', seats: 1.5 },
  { event: 'friday-opening', seats: 'all' },
  { event: 'friday-opening', seats: '2' },
  { event: 'friday-opening', seats: true },
  { event: 'friday-opening', seats: [2] },
  { event: 'friday-opening', seats: -1 },
];

/** More than the limits that somebody sets for a page: ten, twenty-five, fifty. */
const fullBasket = 61;

const noJson = {
  because:
    'The body of POST /basket was cut off, so it is no JSON and has neither an event nor seats. That is the client’s mistake, which 400 says.',
  lookAt: 'what does the app do with an error that it did not expect?',
};

export function readBack(behaviour: Behaviour): void {
  behaviour(
    'read-back',
    'logging in gives a session that reads the profile and the basket back',
    {
      because: 'The request after the login does not find the session.',
      lookAt: 'what does POST /login store, and how does the next request find it?',
    },
    async (t) => {
      for (const on of [1, 2]) await whenReady(t, { on });
      const visitor = t.visitor();
      const notLoggedIn = {
        because: 'Nobody has logged in yet, so there is no profile and no basket to answer with.',
        lookAt: 'what does each route do when a request has no session?',
      };
      (await visitor.get('/profile', { on: 1 })).mustBe(401, notLoggedIn);
      (await visitor.get('/basket', { on: 1 })).mustBe(401, notLoggedIn);
      (await visitor.post('/basket', { event: 'friday-opening', seats: 2 }, { on: 1 })).mustBe(401, notLoggedIn);
      (await visitor.post('/logout', undefined, { on: 1 })).mustBe(204, {
        because: 'A logout without a session has nothing to end, and answers 204 as any other.',
        lookAt: 'what does POST /logout do when a request has no session?',
      });
      await logIn(t, visitor, ada, { on: 1 });
      t.require(visitor.cookies.size > 0, {
        expected: 'POST /login sets a cookie',
        seen: 'no set-cookie header',
        because:
          'Without a cookie the next request is a stranger’s. express-session leaves a Secure cookie out when it takes the connection for plain HTTP: TLS ended at the balancer, and the app was not told to trust its X-Forwarded-Proto.',
        lookAt: 'with which options is the cookie set, and what does the app know of the proxy in front of it?',
      });
      await mustRead(t, visitor, 'ada', { on: 1 });
      const all = itemsOf(t, (await visitor.get('/basket', { on: 1 })).mustBe(200).json);
      const trailLength = t.trail.length;
      for (const item of sold) {
        t.trail.retell(trailLength);
        all.push(item);
        const [event, seats] = item.split(' × ');
        const added = (await visitor.post('/basket', { event, seats: Number(seats) }, { on: 1 })).mustBe(201);
        requireItems(t, added.json, all, {
          because: 'POST /basket adds an item to those that are there, also when an equal one is among them.',
          lookAt: 'what does POST /basket store, and what does it answer?',
        });
      }
      for (const body of [...notSold.map((each) => JSON.stringify(each)), ...noFields]) {
        t.step(`POST /basket with ${body}`);
        (await visitor.post('/basket', body, { on: 1, headers: asJson })).mustBe(400, {
          because: 'An invalid event or number of seats must not get into a basket.',
          lookAt: 'what checks the body of POST /basket?',
        });
      }
      t.step('POST /basket with {"event":"friday-op');
      const cutOff = await visitor.post('/basket', '{"event":"friday-op', {
        on: 1,
        headers: asJson,
        unanswered: noJson,
      });
      cutOff.mustBe(400, noJson);
      requireItems(t, (await visitor.get('/basket', { on: 1 })).mustBe(200).json, all);
      await fillUp(t, visitor, all);
      t.step('the same browser, with other cookies of the site:');
      await mustRead(t, t.visitor({ cookies: amongOthers(visitor.cookies) }), 'ada', { on: 1 }, wrongCookie);
    },
  );
}

/** A basket has no last place. */
async function fillUp(t: Stage, visitor: Visitor, all: string[]): Promise<void> {
  const item = { event: 'sunday-matinee', seats: 1 };
  const missing = {
    because: 'A long basket does not come back whole: only so many items are kept, or read.',
    lookAt: 'how many items does the app keep of a basket, and how many does it read?',
  };
  const trailLength = t.trail.length;
  const options: RequestOptions = { on: 1 };
  let added = await visitor.post('/basket', item, options);
  for (all.push('sunday-matinee × 1'); added.status === 201 && all.length < fullBasket; all.push('sunday-matinee × 1'))
    added = await visitor.post('/basket', item, options);
  t.trail.retell(trailLength);
  t.step(`POST /basket until it holds ${all.length} items`, String(added.status));
  const basket = (await visitor.get('/basket', options)).mustBe(200);
  for (const answer of [added.mustBe(201, missing), basket]) {
    const { length } = itemsOf(t, answer.json);
    t.require(length === all.length, { expected: `${all.length} items`, seen: `${length} items`, ...missing });
  }
}

const wrongCookie = {
  because:
    'Another cookie was taken for the session’s: its name ends or begins with the same letters. A banner or a tracker that sets such a cookie logs everybody out.',
  lookAt: 'how does the app find its cookie in the Cookie header?',
};

/** What a browser sends that has cookies of similar names, before the session's and after it. */
function amongOthers(cookies: ReadonlyMap<string, string>): Map<string, string> {
  const names = [...cookies.keys()];
  return new Map([
    ...names.map((name): [string, string] => [`other_${name}`, 'yes']),
    ...cookies,
    ...names.map((name): [string, string] => [`${name}_seen`, 'yes']),
  ]);
}
