import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ada, itemsOf, linus, logIn, mustRead, requireItems, whenReady } from './steps.ts';

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
  { event: 'friday-opening', seats: 0 },
  { event: 'friday-opening', seats: 9 },
  { event: 'friday-opening', seats: 1.5 },
  { event: 'friday-opening', seats: 'all' },
  { event: 'friday-opening', seats: '2' },
];

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
      for (const body of notSold) {
        t.step(`POST /basket with ${JSON.stringify(body)}`);
        (await visitor.post('/basket', body, { on: 1 })).mustBe(400, {
          because: 'An invalid event or number of seats must not get into a basket.',
          lookAt: 'what checks the body of POST /basket?',
        });
      }
      t.step('POST /basket with {"event":"friday-op');
      const asJson = { 'content-type': 'application/json' };
      const cutOff = await visitor.post('/basket', '{"event":"friday-op', {
        on: 1,
        headers: asJson,
        unanswered: noJson,
      });
      cutOff.mustBe(400, noJson);
      requireItems(t, (await visitor.get('/basket', { on: 1 })).mustBe(200).json, all);
      t.step('the same browser, with other cookies of the site:');
      await mustRead(t, t.visitor({ cookies: amongOthers(visitor.cookies) }), 'ada', { on: 1 }, wrongCookie);
    },
  );
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

export function wrongPassword(behaviour: Behaviour): void {
  behaviour(
    'wrong-password',
    'a wrong password is 401 and leaves no session behind',
    {
      because: 'The session exists before the password has been checked, or although the check failed.',
      lookAt: 'in which order does POST /login check the password and start the session?',
    },
    async (t) => {
      for (const wrong of [
        { ...ada, password: 'synthetic' },
        { ...ada, username: 'nobody' },
        { ...ada, username: 'constructor' },
      ]) {
        const visitor = t.visitor();
        (await visitor.post('/login', wrong, { on: 1 })).mustBe(401);
        (await visitor.get('/profile', { on: 1 })).mustBe(401);
      }
      for (const wrong of [undefined, { username: 'ada' }, { ...ada, password: 1815 }]) {
        const visitor = t.visitor();
        t.step(`POST /login with ${wrong ? JSON.stringify(wrong) : 'no body'}`);
        (await visitor.post('/login', wrong, { on: 1 })).mustBe([400, 401], {
          because: 'A login without a name and a password as text is nobody’s, and no fault of the app.',
          lookAt: 'what does POST /login do with a body that it did not expect?',
        });
        (await visitor.get('/profile', { on: 1 })).mustBe(401);
      }
      t.trail.begin();
      const loggedIn = t.visitor();
      await logIn(t, loggedIn, ada, { on: 1 });
      t.step('in the same browser, as linus with a wrong password:');
      (await loggedIn.post('/login', { ...linus, password: 'synthetic' }, { on: 1 })).mustBe(401);
      const { json, text } = (await loggedIn.get('/profile', { on: 1 })).mustBe([200, 401]);
      t.require(json?.username !== 'linus', { expected: 'not the profile of linus', seen: text });
    },
  );
}
