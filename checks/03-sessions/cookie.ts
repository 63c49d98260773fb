import { parseSetCookie } from 'set-cookie-parser';
import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { ada, linus, logIn, sessionCookies } from './steps.ts';

type Behaviour = CheckDefinition['behaviour'];

export function fixation(behaviour: Behaviour): void {
  behaviour(
    'fixation',
    'a login gets a session id of its own, whatever cookie the browser came with',
    {
      because:
        'The login kept the session id that the browser came with. The attacker who planted it there is now logged in as the victim (session fixation).',
      lookAt: 'does POST /login make a new session id, or fill the session that is there already?',
    },
    async (t) => {
      const attacker = t.visitor();
      await attacker.get('/profile');
      const anonymous = new Map(attacker.cookies);
      await logIn(t, attacker, linus);
      const own = new Map(attacker.cookies);
      const leaver = t.visitor();
      await logIn(t, leaver, linus);
      const ended = new Map(leaver.cookies);
      (await leaver.post('/logout')).mustBe(204);
      const plants: [string, Map<string, string>][] = [
        ['before any login', anonymous],
        ['of a session of linus', own],
        ['of a session that has ended', ended],
        ['of an invented session', new Map([...own].map(([name, value]) => [name, anotherLike(value)]))],
        ['with an invented value', new Map([...own].map(([name]) => [name, 'chosen-by-the-attacker']))],
      ];
      const anyCookie = {
        because: 'A login fails because of a cookie that the browser happens to have, such as an old one.',
        lookAt: 'what does the app do with a cookie that it can’t read?',
      };
      for (const [whose, planted] of plants) {
        if (planted.size === 0) continue;
        t.trail.begin(`the attacker plants a cookie ${whose} in ada’s browser`);
        await logIn(t, t.visitor({ cookies: planted }), ada, {}, anyCookie);
        const spy = await t.visitor({ cookies: planted }).get('/profile');
        t.require(!(spy.status === 200 && spy.json?.username === 'ada'), {
          expected: 'that cookie does not open ada’s profile',
          seen: `${spy.status} ${spy.text}`,
        });
      }
      await againAsTheSame(t);
    },
  );
}

/** Somebody who fears that the cookie is known logs in anew, in the same browser. */
async function againAsTheSame(t: Stage): Promise<void> {
  t.trail.begin();
  const visitor = t.visitor();
  await logIn(t, visitor, ada, { on: 1 });
  const old = new Map(visitor.cookies);
  t.step('again in the same browser:');
  await logIn(t, visitor, ada, { on: 2 });
  t.step('a copy of the cookie from before the second login:');
  (await t.visitor({ cookies: old }).get('/profile', { on: 1 })).mustBe(401, {
    because:
      'The customer has logged in again, and the cookie from before still opens the account. Whoever has a copy of it stays in.',
    lookAt: 'what does POST /login do with the session that the browser has, also when it is the same customer’s?',
  });
}

/** A value of the same form that nobody was given: digits, hexadecimal letters and other letters each stay what they are. */
function anotherLike(value: string): string {
  const next = (letter: string, alphabet: string) =>
    alphabet[(alphabet.indexOf(letter) + 1) % alphabet.length] ?? letter;
  return value.replace(/%[0-9A-F]{2}|./g, (part) => (part.length > 1 ? part : turned(part))).toString();

  function turned(letter: string): string {
    for (const alphabet of ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ'])
      if (alphabet.includes(letter)) return next(letter, alphabet);
    return letter;
  }
}

export function cookieFlags(behaviour: Behaviour): void {
  behaviour(
    'cookie-flags',
    'the session’s cookie is HttpOnly, SameSite and valid for every path',
    {
      because: 'The browser protects a cookie only as far as its attributes say.',
      lookAt: 'with which options does the app set the cookie?',
    },
    async (t) => {
      const visitor = t.visitor();
      const login = await logIn(t, visitor, ada);
      const names = (await sessionCookies(t, visitor, login)).map(({ name }) => name);
      const answers = [login, await visitor.get('/profile'), await visitor.get('/basket')];
      for (const [seats, right] of [[1, 201] as const, [9, 400] as const])
        answers.push((await visitor.post('/basket', { event: 'friday-opening', seats })).mustBe(right));
      answers.push(await logIn(t, visitor, ada));
      // A use that renews a session may set its cookie again.
      for (const answer of answers) {
        for (const line of answer.setCookies) {
          const [cookie] = parseSetCookie(line, { decodeValues: false });
          if (!cookie || !names.includes(cookie.name)) continue;
          const { httpOnly, sameSite, path = '/' } = cookie;
          const step = `set-cookie of ${answer.request}: ${line}`;
          t.require(httpOnly, {
            step,
            expected: 'HttpOnly',
            seen: 'no HttpOnly',
            because:
              'Any script on the page can read the cookie and send it away: one XSS hole takes over every session.',
          });
          t.require(['lax', 'strict'].includes(sameSite?.toLowerCase() ?? ''), {
            step,
            expected: 'SameSite=Lax or SameSite=Strict',
            seen: sameSite ? `SameSite=${sameSite}` : 'no SameSite',
            because:
              'The browser may send the cookie along with a form that another site posts: cross-site request forgery.',
          });
          t.require(path === '/', {
            step,
            expected: 'Path=/',
            seen: `Path=${path}`,
            because:
              'The browser sends the cookie only below that path, so the rest of the shop does not know who is logged in.',
          });
        }
      }
    },
    { further: true },
  );
}
