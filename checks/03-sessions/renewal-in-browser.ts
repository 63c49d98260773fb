import { setTimeout as delay } from 'node:timers/promises';
import { parseSetCookie } from 'set-cookie-parser';
import type { Answer, CheckDefinition, Instance, Stage, Visitor } from '../harness/sdk/index.ts';
import {
  firstHalfMs,
  Gaps,
  otherUses,
  reading,
  seldomAtMs,
  shortLived,
  type Use,
  withShortSessions,
} from './short-sessions.ts';
import { grace, logIn, whenReady } from './steps.ts';

/** When a browser uses its session that is used often. */
const oftenAtMs = [1_000, 2_000, 3_000, 4_000, 5_000];
/** Far from every usual lifetime: an hour, a day, a week, a month. */
const longTtlS = 60 * 24 * 3600;
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
      await withShortSessions(t, ({ app }) => cookieStays(t, app));
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

/** The browser's side: what a cookie's lifetime makes of a session that is used every second, or seldom, and in each way. */
async function cookieStays(t: Stage, app: Instance): Promise<boolean> {
  const others = otherUses.map((use) => new BrowserSession(t, app, use));
  const often = new BrowserSession(t, app, reading);
  const seldom = new BrowserSession(t, app, reading);
  for (const session of [...others, often]) await session.begin();
  const seldomFrom = performance.now();
  await seldom.begin();
  const beganAt = performance.now();
  const [earlyAtMs, lateAtMs] = seldomAtMs;
  const timeline = [
    ...oftenAtMs.map((atMs) => ({ atMs, acts: [() => often.comeBack('each use')] })),
    { atMs: earlyAtMs, acts: [seldom, ...others].map((session) => () => session.use()) },
    { atMs: lateAtMs, acts: [seldom, ...others].map((session) => () => session.comeBack()) },
  ];
  for (const { atMs, acts } of timeline.sort((a, b) => a.atMs - b.atMs)) {
    await delay(Math.max(0, beganAt + atMs - performance.now()));
    for (const [at, act] of acts.entries()) {
      if (!(await act())) return false;
      if (atMs === earlyAtMs && at === 0 && performance.now() - seldomFrom > firstHalfMs) return false;
    }
  }
  return true;
}

/** A browser with a session. Each step says false when the machine came too late to judge it. */
class BrowserSession {
  readonly #t: Stage;
  readonly #visitor: Visitor;
  readonly #use: Use;
  readonly #lifetimes: CookieLifetimes;
  readonly #gaps = new Gaps();
  #unknown = false;

  constructor(t: Stage, app: Instance, use: Use) {
    this.#t = t;
    this.#visitor = t.visitor({ at: app });
    this.#use = use;
    this.#lifetimes = new CookieLifetimes(this.#visitor);
  }

  async begin(): Promise<void> {
    this.#t.trail.retell(1);
    const login = await logIn(this.#t, this.#visitor, grace, {}, shortLived);
    this.#gaps.note(login);
    this.#lifetimes.note(login);
  }

  /** Soon after the login, when no browser has thrown anything away. */
  async use(): Promise<boolean> {
    const { ask, right, what, unknown = [] } = this.#use;
    this.#t.trail.retell(1, `a session of grace, used by ${what}:`);
    const answer = await ask(this.#visitor);
    this.#unknown = answer.is(...unknown);
    if (this.#unknown) return true;
    if (!this.#gaps.inTime(answer, right)) return false;
    this.#lifetimes.note(answer.mustBe(right, shortLived));
    return true;
  }

  /** @param moved what should have moved the cookie's end */
  async comeBack(moved = this.#use.what): Promise<boolean> {
    if (this.#unknown) return true;
    this.#t.trail.retell(1, `a session of grace, kept in use by ${moved}:`);
    const dropped = this.#lifetimes.dropExpired();
    const answer = await this.#visitor.get('/profile');
    if (!this.#gaps.inTime(answer)) return false;
    const because = `The session is in use, and the browser threw the cookie ${dropped.join(', ')} away: its lifetime began at the login, and ${moved} did not move it far enough.`;
    this.#lifetimes.note(answer.mustBe(200, dropped.length > 0 ? { because } : shortLived));
    return true;
  }
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
