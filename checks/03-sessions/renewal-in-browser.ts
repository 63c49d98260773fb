import { setTimeout as delay } from 'node:timers/promises';
import { parseSetCookie } from 'set-cookie-parser';
import type { Answer, CheckDefinition, Stage, Visitor } from '../harness/sdk/index.ts';
import { Gaps, shortLived, withShortSessions } from './short-sessions.ts';
import { grace, logIn, whenReady } from './steps.ts';

/** How often a browser uses its session, once a second. */
const uses = 5;
/** Far from every usual lifetime: an hour, a day. */
const longTtlS = 3 * 24 * 3600;
/** A customer who comes back so late finds the session, in any design that rounds. */
const comesBackAfterS = longTtlS - 600;

export function renewalInBrowser(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'renewal-in-browser',
    'the browser keeps the cookie for as long as the session is used',
    {
      because: 'The browser threw the cookie away: its lifetime was set at the login and never moved.',
      lookAt: 'does an answer set the cookie anew when the session is used, or does the cookie need a lifetime at all?',
    },
    async (t) => {
      await cookieOutlivesPause(t);
      await withShortSessions(t, ({ app }) => cookieStays(t, t.visitor({ at: app })));
    },
    { background: true, further: true, limitMs: 45_000 },
  );
}

const longLived = {
  because: 'A session with a long SESSION_TTL_S must work like one with a short one.',
  lookAt: 'what does the app make of SESSION_TTL_S?',
};

/** A long pause, in which the browser's clock alone moves. */
async function cookieOutlivesPause(t: Stage): Promise<void> {
  const redis = await t.startRedis();
  const app = await t.startExtra({ env: { REDIS_URL: redis.appUrl, SESSION_TTL_S: String(longTtlS) } });
  await whenReady(t, { at: app });
  t.trail.begin(`an instance with SESSION_TTL_S=${longTtlS}`);
  const visitor = t.visitor({ at: app });
  const lifetimes = new CookieLifetimes(visitor);
  lifetimes.note(await logIn(t, visitor, grace));
  for (const use of ['the login', 'the read']) {
    const dropped = lifetimes.dropExpired(Date.now() + comesBackAfterS * 1000);
    t.step(`${comesBackAfterS} s after ${use}, by the browser’s clock:`);
    const answer = await visitor.get('/profile');
    const because = `The browser threw the cookie ${dropped.join(', ')} away before the session ended: its lifetime is shorter than SESSION_TTL_S.`;
    answer.mustBe(
      200,
      dropped.length > 0 ? { because, lookAt: 'where does the cookie’s lifetime come from?' } : longLived,
    );
    lifetimes.note(answer);
  }
}

/** The browser's side: what a cookie's lifetime makes of a session that is used every second. */
async function cookieStays(t: Stage, visitor: Visitor): Promise<boolean> {
  const lifetimes = new CookieLifetimes(visitor);
  const gaps = new Gaps();
  const login = await logIn(t, visitor, grace, {}, shortLived);
  gaps.note(login);
  lifetimes.note(login);
  for (let use = 1; use <= uses; use++) {
    await delay(1_000);
    const dropped = lifetimes.dropExpired();
    const answer = await visitor.get('/profile');
    if (!gaps.inTime(answer)) return false;
    lifetimes.note(answer);
    const because = `The browser threw the cookie ${dropped.join(', ')} away: its lifetime was set at the login and never moved.`;
    answer.mustBe(200, dropped.length > 0 ? { because } : shortLived);
  }
  return true;
}

/** Until when a browser keeps each of a visitor's cookies; those without a lifetime it keeps. */
class CookieLifetimes {
  readonly #expiries = new Map<string, number>();
  readonly #visitor: Visitor;

  constructor(visitor: Visitor) {
    this.#visitor = visitor;
  }

  note(answer: Answer): void {
    for (const { name, maxAge, expires } of parseSetCookie(answer.setCookies, { decodeValues: false })) {
      if (maxAge !== undefined) this.#expiries.set(name, Date.now() + maxAge * 1000);
      else if (expires) this.#expiries.set(name, expires.getTime());
      else this.#expiries.delete(name);
    }
  }

  /** Forgets what a browser would have forgotten by now, and returns the names. */
  dropExpired(now = Date.now()): string[] {
    const { cookies } = this.#visitor;
    const names = [...this.#expiries].filter(([name, at]) => at <= now && cookies.has(name)).map(([name]) => name);
    for (const name of names) cookies.delete(name);
    return names;
  }
}
