import type { Answer, CheckDefinition, Visitor } from '../harness/sdk/index.ts';
import { ada, linus, logIn, mustRead } from './steps.ts';

type Behaviour = CheckDefinition['behaviour'];

/** The default of SESSION_TTL_S, which the instances run with. */
const sessionTtlS = 3600;
const inventedCookie = {
  because:
    'The app writes a key for a cookie that belongs to no session. A script that sends invented cookies can fill Redis.',
  lookAt: 'what does the app write before it knows that the cookie belongs to a session?',
};
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
      await logIn(t, customer, linus);
      const before = new Set(await t.redis.keys());
      const asks: Record<string, (visitor: Visitor) => Promise<Answer>> = {
        'GET /profile': (visitor) => visitor.get('/profile'),
        'GET /basket': (visitor) => visitor.get('/basket'),
        'POST /basket': (visitor) => visitor.post('/basket', { event: 'friday-opening', seats: 2 }),
        'POST /logout': (visitor) => visitor.post('/logout'),
        'POST /login with a wrong password': (visitor) => visitor.post('/login', { ...ada, password: 'synthetic' }),
      };
      const invented = (visit: number) => new Map([...customer.cookies.keys()].map((name) => [name, `guess-${visit}`]));
      for (const [whose, cookiesOf, because] of [
        ['who are not logged in', () => new Map<string, string>(), undefined],
        ['who send an invented cookie', invented, inventedCookie],
      ] as const) {
        for (const [what, ask] of Object.entries(asks)) {
          for (let visit = 0; visit < 4; visit++)
            (await ask(t.visitor({ cookies: cookiesOf(visit) }))).mustBe(what === 'POST /logout' ? 204 : 401);
          const left = (await t.redis.keys()).filter((key) => !before.has(key));
          t.trail.begin(`${what}, from 4 visitors ${whose}`);
          t.require(left.length === 0, {
            expected: 'no new keys in Redis',
            seen: `${left.length} new, such as ${left[0]}`,
            ...because,
          });
        }
      }
    },
  );
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
        expected: 'keys in Redis after three logins, three items and a logout',
        seen: 'none',
        because: 'The app has written nothing into Redis: whatever it knows is in its processes.',
        lookAt: 'does the app use REDIS_URL?',
      });
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
    },
  );
}
