import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition } from '../harness/sdk/index.ts';
import { renewalHolds, ttlS } from './renewal.ts';
import { ada, linus, logIn, mustRead, mustRecover, sessionCookies, withoutRedis } from './steps.ts';

/** The default of SESSION_TTL_S, which the instances run with. */
const sessionTtlS = 3600;
/** For designs that round the end of a session up to a whole second. */
const roundingS = 1;

/** What no customer notices, until Redis is full, somebody else is logged in, or the shop hangs. */
export function unseenBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'anonymous',
    'visitors who do not log in leave nothing in Redis',
    {
      because:
        'A session is stored for everybody who passes by. Crawlers alone would fill Redis, and they never come back with the cookie.',
      lookAt: 'when is a session written: at the first request, or at the login?',
    },
    async (t) => {
      const before = new Set(await t.redis.keys());
      for (let visit = 0; visit < 20; visit++) (await t.visitor().get(visit % 2 ? '/profile' : '/basket')).mustBe(401);
      const left = (await t.redis.keys()).filter((key) => !before.has(key));
      t.trail.splice(0, t.trail.length, '20 visitors without a login ask for the profile or the basket');
      t.require(left.length === 0, {
        expected: 'no new keys in Redis',
        seen: `${left.length} new, such as ${left[0]}`,
      });
    },
  );

  behaviour(
    'keys-expire',
    'every key in Redis has a time to live, of SESSION_TTL_S at most',
    {
      because:
        'Most customers never log out. What has no time to live stays in Redis for ever, until its memory is full.',
      lookAt: 'which command writes the key, and with what expiry?',
    },
    async (t) => {
      const stays = t.visitor();
      await logIn(t, stays, ada, { on: 1 });
      (await stays.post('/basket', { event: 'friday-opening', seats: 2 }, { on: 1 })).mustBe(201);
      await mustRead(t, stays, 'ada', { on: 1 });
      const leaves = t.visitor();
      await logIn(t, leaves, linus, { on: 1 });
      (await leaves.post('/logout', undefined, { on: 1 })).mustBe(204);
      const keys = await t.redis.keys();
      t.require(keys.length > 0, {
        expected: 'keys in Redis after two logins, a basket and a logout',
        seen: 'none',
        because: 'The app has written nothing into Redis, so whatever it knows is kept in the processes.',
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

  behaviour(
    'fixation',
    'a login gets a session id of its own, whatever cookie the browser came with',
    {
      because:
        'The login kept the session id that the browser came with. Whoever planted it there is now logged in as the victim (session fixation).',
      lookAt: 'does POST /login make a new session id, or fill the session that is there already?',
    },
    async (t) => {
      const attacker = t.visitor();
      await attacker.get('/profile');
      const anonymous = new Map(attacker.cookies);
      await logIn(t, attacker, linus);
      const own = new Map(attacker.cookies);
      const invented = new Map([...own.keys()].map((name) => [name, 'chosen-by-the-attacker']));
      const plants = {
        'before any login': anonymous,
        'logged in as linus': own,
        'that the attacker invented': invented,
      };
      const anyCookie = {
        because: 'A login fails because of a cookie that the browser happens to have, such as an old one.',
        lookAt: 'what does the app do with a cookie that it can’t read?',
      };
      for (const [whose, planted] of Object.entries(plants)) {
        if (planted.size === 0) continue;
        t.trail.splice(0, t.trail.length, `the attacker plants a cookie ${whose} in ada’s browser`);
        await logIn(t, t.visitor({ cookies: planted }), ada, {}, anyCookie);
        const spy = await t.visitor({ cookies: planted }).get('/profile');
        t.require(!(spy.status === 200 && spy.json?.username === 'ada'), {
          expected: 'that cookie does not open ada’s profile',
          seen: `${spy.status} ${spy.text}`,
        });
      }
    },
  );

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
      for (const { name, httpOnly, sameSite, path = '/' } of await sessionCookies(t, visitor, login)) {
        const step = `set-cookie: ${login.setCookies.find((line) => line.startsWith(`${name}=`))}`;
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
    },
  );

  behaviour(
    'redis-down',
    'without Redis a request fails with 503 within 2 s, and works again once Redis is back',
    {
      because:
        'Commands wait in the client’s queue until Redis is back, and the requests behind them wait, too. Every visitor holds a connection, and the shop looks dead instead of saying so.',
      lookAt: 'with which options is the Redis client made, and what does the error handler answer?',
    },
    async (t) => {
      const visitor = t.visitor();
      await logIn(t, visitor, ada, { on: 1 });
      await mustRead(t, visitor, 'ada', { on: 1 });
      const { pid } = t.app(1);
      t.step('Redis stops');
      await t.redis.cut();
      for (const pauseMs of [0, 1_000]) {
        await delay(pauseMs); // Long enough for a client that gives up after a few attempts to have given up.
        const answer = await visitor.get('/profile', { on: 1, deadlineMs: 2_000 });
        answer.mustBe(503, withoutRedis(answer.status));
      }
      t.step('Redis is back');
      await t.redis.restore();
      await mustRecover(t, visitor);
      t.require(t.app(1).pid === pid && !t.app(1).exited, { expected: 'the same process', seen: 'another one' });
    },
  );

  // Last: it has waited in the background while the others were judged.
  behaviour(
    'renewal',
    'use renews a session, and without use it ends after SESSION_TTL_S',
    {
      because:
        'The time to live is set once, at the login. A customer who is choosing seats is logged out in the middle of it.',
      lookAt: 'what moves the end of the session when it is used: in Redis, and in the browser’s cookie?',
    },
    async (t) => {
      // Of its own, because this runs beside behaviours that look at all keys, and its keys live for 3 s only.
      const redis = await t.startRedis();
      const extra = await t.startExtra({ env: { REDIS_URL: redis.appUrl, SESSION_TTL_S: String(ttlS) } });
      for (let attempt = 1; attempt <= 2; attempt++) {
        t.trail.splice(0, t.trail.length, `an instance with SESSION_TTL_S=${ttlS}`);
        if (await renewalHolds(t, () => t.visitor({ at: extra }))) return;
      }
      t.inconclusive('the machine was too busy to use a session every second');
    },
    { background: true, limitMs: 45_000 },
  );
}
