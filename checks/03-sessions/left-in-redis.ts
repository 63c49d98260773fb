import { isDeepStrictEqual } from 'node:util';
import { type Answer, type CheckDefinition, excerpt, type Stage, type Visitor } from '../harness/sdk/index.ts';
import { ada, grace, linus, logIn, mustRead } from './steps.ts';

type Behaviour = CheckDefinition['behaviour'];

/** The default of SESSION_TTL_S, which the instances run with. */
const sessionTtlS = 3600;
const inventedCookie = {
  because:
    'The app writes a key for a cookie that belongs to no session. A script that sends invented cookies can fill Redis.',
  lookAt: 'what does the app write before it knows that the cookie belongs to a session?',
};
/**
 * Nothing, a word, a pattern, names that every object of JavaScript has, what can't be decoded, what some parsers take for JSON
 * or for signed, a long one, most of a real one, a real one with a letter that has one byte in a header and two in UTF-8,
 * and one that leads to another key of the same customer.
 */
const inventions: ((real: string, keys: string[]) => string)[] = [
  () => '',
  () => 'guess',
  () => '*',
  () => 'constructor',
  () => '__proto__',
  () => '%',
  () => 'j:{"id":',
  () => 's:guess.guess',
  () => 'x'.repeat(3_000),
  (real) => real.slice(0, Math.ceil(real.length * 0.8)),
  (real) => `é${real.slice(1)}`,
  (real) => `${real.slice(0, -1)}é`,
  (real, keys) => leadingElsewhere(real, keys) ?? `${real}:basket`,
];
/** For designs that round the end of a session up to a whole second. */
const roundingS = 1;

export function anonymous(behaviour: Behaviour): void {
  behaviour(
    'anonymous',
    'visitors who do not log in leave nothing in Redis',
    {
      because:
        'A session is stored for every visitor. Crawlers alone would fill Redis, and they never come back with the cookie.',
      lookAt: 'when is a session written: at the first request, or at the login?',
    },
    async (t) => {
      const customer = t.visitor();
      await logIn(t, customer, linus, { on: 1 });
      // A basket may be the customer's in all their browsers, so others may have put something in.
      const basket = (await customer.post('/basket', { event: 'friday-opening', seats: 2 }, { on: 1 })).mustBe(201);
      const keys = await t.redis.keys();
      const before = new Set(keys);
      const asks: Record<string, (visitor: Visitor) => Promise<Answer>> = {
        'GET /profile': (visitor) => visitor.get('/profile'),
        'GET /basket': (visitor) => visitor.get('/basket'),
        'POST /basket': (visitor) => visitor.post('/basket', { event: 'friday-opening', seats: 2 }),
        'POST /logout': (visitor) => visitor.post('/logout'),
        'POST /login with a wrong password': (visitor) => visitor.post('/login', { ...ada, password: 'synthetic' }),
      };
      const real = [...customer.cookies];
      const anonymous = inventions.map(() => new Map<string, string>());
      const invented = inventions.map((invent) => new Map(real.map(([name, value]) => [name, invent(value, keys)])));
      for (const [whose, jars, because] of [
        ['who are not logged in', anonymous, undefined],
        ['who send an invented cookie', invented, inventedCookie],
      ] as const) {
        for (const [what, ask] of Object.entries(asks)) {
          const right = what === 'POST /logout' ? 204 : 401;
          for (const cookies of jars) {
            t.trail.begin();
            for (const [name, value] of cookies) t.step(`with an invented cookie, ${name}=${shown(value)}:`);
            const answer = await ask(t.visitor({ cookies }));
            answer.mustBe(right, noSession(answer, right, cookies));
          }
          const left = (await t.redis.keys()).filter((key) => !before.has(key));
          t.trail.begin(`${what}, from ${jars.length} visitors ${whose}`);
          t.require(left.length === 0, {
            expected: 'no new keys in Redis',
            seen: `${left.length} new, such as ${left[0]}`,
            ...because,
          });
        }
      }
      t.trail.begin('linus, who has been logged in all the time:');
      await mustRead(
        t,
        customer,
        'linus',
        { on: 1 },
        {
          because: 'One of the requests with an invented cookie ended the session of a customer.',
          lookAt: 'which keys does POST /logout delete?',
        },
      );
      const { json, text } = (await customer.get('/basket', { on: 1 })).mustBe(200);
      t.require(isDeepStrictEqual(json, basket.json), {
        expected: excerpt(basket.text),
        seen: excerpt(text),
        because: 'One of the requests with an invented cookie changed the basket of a customer.',
        lookAt: 'which keys can the value of a cookie lead to?',
      });
    },
  );
}

/** The beginning and the last letter of a value: one of them is what makes it invented. */
function shown(value: string): string {
  const beginning = excerpt(value, 40);
  return beginning === value ? value : `${beginning}${value.slice(-1)}`;
}

/** Where two keys hold the cookie's value, what a cookie must hold to be given the other key for its session. */
function leadingElsewhere(real: string, keys: string[]): string | undefined {
  const own = keys.filter((key) => key.includes(real));
  for (const key of own) {
    const before = key.slice(0, key.indexOf(real));
    const after = key.slice(before.length + real.length);
    for (const other of own) {
      const value = other.slice(before.length, other.length - after.length);
      if (other.startsWith(before) && other.endsWith(after) && value !== real && value.includes(real)) return value;
    }
  }
  return undefined;
}

/** What a wrong answer to somebody without a session means. */
function noSession(answer: Answer, right: number, cookies: ReadonlyMap<string, string>) {
  if (right === 401 && answer.status < 300) {
    return {
      because: 'Nothing in this request proves who sent it, and the app answered as if it knew.',
      lookAt: 'how does the app find a session for what the Cookie header holds?',
    };
  }
  if (cookies.size === 0) return { because: 'Somebody without a session gets 401, or 204 to a logout.' };
  return {
    because:
      'A cookie that belongs to no session, or that the app can’t read, is no error: the visitor is not logged in.',
    lookAt: 'what does the app do with the value of a cookie before it knows that it belongs to a session?',
  };
}

export function keysExpire(behaviour: Behaviour): void {
  behaviour(
    'keys-expire',
    'every key in Redis has a time to live, of SESSION_TTL_S at most',
    {
      because: 'Most customers never log out. A key without a time to live stays until the memory of Redis is full.',
      lookAt: 'which command writes the key, and with what expiry?',
    },
    async (t) => {
      // Nothing comes after the first item that could renew what it has made.
      const adds = t.visitor();
      await logIn(t, adds, grace, { on: 1 });
      (await adds.post('/basket', { event: 'friday-opening', seats: 2 }, { on: 1 })).mustBe(201);
      await mustExpire(t, await t.redis.keys());
      const stays = t.visitor();
      await logIn(t, stays, ada, { on: 1 });
      for (const on of [1, 2]) {
        (await stays.post('/basket', { event: 'friday-opening', seats: 2 }, { on })).mustBe(201);
        await mustRead(t, stays, 'ada', { on });
      }
      await logIn(t, stays, ada, { on: 2 }); // Again in the same browser: what of the first login is left?
      const leaves = t.visitor();
      await logIn(t, leaves, linus, { on: 1 });
      (await leaves.post('/basket', { event: 'saturday-gala', seats: 1 }, { on: 1 })).mustBe(201);
      (await leaves.post('/logout', undefined, { on: 1 })).mustBe(204);
      const keys = await t.redis.keys();
      t.require(keys.length > 0, {
        expected: 'keys in Redis after four logins, four items and a logout',
        seen: 'none',
        because: 'The app has written nothing into Redis: whatever it knows is in its processes.',
        lookAt: 'does the app use REDIS_URL?',
      });
      await mustExpire(t, keys);
    },
  );
}

async function mustExpire(t: Stage, keys: string[]): Promise<void> {
  for (const key of keys) {
    const ttlMs = await t.redis.ttlMs(key);
    const step = `TTL ${key}`;
    t.require(ttlMs !== -1, { step, expected: `at most ${sessionTtlS} s`, seen: 'no time to live' });
    t.require(ttlMs <= (sessionTtlS + roundingS) * 1000, {
      step,
      expected: `at most ${sessionTtlS} s`,
      seen: `${Math.ceil(ttlMs / 1000)} s`,
      because: 'The key outlives its session: its time to live does not come from SESSION_TTL_S.',
    });
  }
}
