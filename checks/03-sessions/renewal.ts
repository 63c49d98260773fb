import { setTimeout as delay } from 'node:timers/promises';
import { parseSetCookie } from 'set-cookie-parser';
import type { Answer, CheckDefinition, Instance, Stage, Visitor } from '../harness/sdk/index.ts';
import { grace, itemsOf, logIn, whenReady } from './steps.ts';

type Behaviour = CheckDefinition['behaviour'];

const ttlS = 4;
/** When sessions that are used are asked, after their logins: past the end of a session that nothing renews. */
const usesAtMs = [1_000, 2_300, 3_300, 4_600];
/** A session that is used only here has more than half of its time left at its first use, and lives past its first end. */
const seldomAtMs = [1_500, 4_250];
/** How often a browser uses its session, once a second. */
const uses = 5;
/** Used less than this apart, a session of 4 s is alive, also where its end is rounded down to a whole second. */
const longestGapMs = 2_900;
/** Longer than 4 s, also where the end is rounded up to a whole second. */
const idleMs = 5_600;
const item = { event: 'friday-opening', seats: 2 };

const shortLived = {
  because: 'A session with a short SESSION_TTL_S must work like one with a long one, until its time is over.',
  lookAt: 'what does the app make of SESSION_TTL_S?',
};

export function renewal(behaviour: Behaviour): void {
  behaviour(
    'renewal',
    'each request renews a session and its basket; without use they end after SESSION_TTL_S',
    {
      because:
        'The time to live is set once, at the login. A customer who is choosing seats is logged out in the middle of it.',
      lookAt: 'what moves the end of the session when it is used, and on which routes?',
    },
    (t) => withShortSessions(t, (app) => renewalHolds(t, app)),
    { background: true, limitMs: 45_000 },
  );
}

export function renewalInBrowser(behaviour: Behaviour): void {
  behaviour(
    'renewal-in-browser',
    'the browser keeps the cookie for as long as the session is used',
    {
      because: 'The browser threw the cookie away: its lifetime was set at the login and never moved.',
      lookAt: 'does an answer set the cookie anew when the session is used, or does the cookie need a lifetime at all?',
    },
    (t) => withShortSessions(t, (app) => cookieStays(t, t.visitor({ at: app }))),
    { background: true, further: true, limitMs: 45_000 },
  );
}

/** @param act says whether the app could be judged: not when this machine did not get round to using a session in time. */
async function withShortSessions(t: Stage, act: (app: Instance) => Promise<boolean>): Promise<void> {
  // A Redis of its own, because this runs beside behaviours that look at all keys, and its keys live for seconds only.
  const redis = await t.startRedis();
  const app = await t.startExtra({ env: { REDIS_URL: redis.appUrl, SESSION_TTL_S: String(ttlS) } });
  await whenReady(t, { at: app });
  for (let attempt = 1; attempt <= 2; attempt++) {
    t.trail.begin(`an instance with SESSION_TTL_S=${ttlS}`);
    if (await act(app)) return;
  }
  t.inconclusive('the machine was too busy to use a session every second');
}

/** A session that is used once and then not at all, beside one for each way of using it. */
async function renewalHolds(t: Stage, app: Instance): Promise<boolean> {
  const idle = t.visitor({ at: app });
  const login = await logIn(t, idle, grace, {}, shortLived);
  const first = await idle.get('/profile');
  if (first.status !== 200 && gapMs(login, first) > longestGapMs) return false;
  first.mustBe(200, shortLived);
  const used = [
    new UsedSession(t, app, 'GET /profile', (visitor) => visitor.get('/profile')),
    new UsedSession(t, app, 'GET /basket', (visitor) => visitor.get('/basket')),
    new UsedSession(t, app, 'POST /basket', (visitor) => visitor.post('/basket', item)),
  ];
  const seldom = new UsedSession(t, app, 'one early GET /profile', (visitor) => visitor.get('/profile'));
  for (const session of [...used, seldom]) if (!(await session.begin())) return false;
  const beganAt = performance.now();
  const timeline = [
    ...usesAtMs.map((atMs) => ({ atMs, sessions: used })),
    ...seldomAtMs.map((atMs) => ({ atMs, sessions: [seldom] })),
  ];
  for (const { atMs, sessions } of timeline.sort((a, b) => a.atMs - b.atMs)) {
    await delay(Math.max(0, beganAt + atMs - performance.now()));
    for (const session of sessions) if (!(await session.use())) return false;
  }
  for (const session of used) if (!(await session.basketMustBeKept())) return false;
  await delay(Math.max(0, first.arrivedAt + idleMs - performance.now()));
  t.trail.retell(1, `a session of grace, ${idleMs / 1000} s without use`);
  (await idle.get('/profile')).mustBe(401, {
    because:
      'Nobody has used the session for longer than SESSION_TTL_S, and it still opens the account: on a shared computer, for the next person.',
    lookAt: 'does SESSION_TTL_S reach the place where the session’s end is set?',
  });
  return true;
}

/** A session that is used in one way only. Each step says false when the machine came too late to judge it. */
class UsedSession {
  readonly #t: Stage;
  readonly #visitor: Visitor;
  readonly #what: string;
  readonly #ask: (visitor: Visitor) => Promise<Answer>;
  readonly #gaps: Gaps;

  constructor(t: Stage, app: Instance, what: string, ask: (visitor: Visitor) => Promise<Answer>) {
    this.#t = t;
    this.#visitor = t.visitor({ at: app });
    this.#what = what;
    this.#ask = ask;
    this.#gaps = new Gaps();
  }

  async begin(): Promise<boolean> {
    this.#retell();
    this.#gaps.note(await logIn(this.#t, this.#visitor, grace, {}, shortLived));
    const added = await this.#visitor.post('/basket', item);
    if (!this.#gaps.inTime(added)) return false;
    added.mustBe(201, shortLived);
    return true;
  }

  async use(): Promise<boolean> {
    this.#retell();
    const answer = await this.#ask(this.#visitor);
    if (!this.#gaps.inTime(answer)) return false;
    answer.mustBe([200, 201], {
      because: `A session ended less than SESSION_TTL_S after its last use: ${this.#what} did not move its end.`,
    });
    return true;
  }

  async basketMustBeKept(): Promise<boolean> {
    this.#retell();
    const basket = await this.#visitor.get('/basket');
    if (!this.#gaps.inTime(basket)) return false;
    const kept = itemsOf(this.#t, basket.mustBe(200).json).includes('friday-opening × 2');
    if (!kept && !this.#gaps.small) return false;
    this.#t.require(kept, {
      expected: 'what grace put into the basket before',
      seen: basket.text,
      because: 'The session lives and its basket has ended: only putting something into it moves its end.',
      lookAt: 'which keys does a request with a session renew?',
    });
    return true;
  }

  #retell(): void {
    this.#t.trail.retell(1, `a session of grace, used by ${this.#what} alone:`);
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

/** How long a session may have gone unused. */
class Gaps {
  #previous: Answer | undefined;
  #longestMs = 0;

  note(answer: Answer): void {
    if (this.#previous) this.#longestMs = Math.max(this.#longestMs, gapMs(this.#previous, answer));
    this.#previous = answer;
  }

  /** @returns whether it came in time, or was answered well all the same. */
  inTime(answer: Answer): boolean {
    this.note(answer);
    return answer.status < 300 || this.small;
  }

  get small(): boolean {
    return this.#longestMs <= longestGapMs;
  }
}

/** From when the one was sent to when the other one had arrived: all that a session may have gone unused. */
function gapMs(before: Answer, after: Answer): number {
  return after.arrivedAt - (before.arrivedAt - before.ms);
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
  dropExpired(): string[] {
    const { cookies } = this.#visitor;
    const names = [...this.#expiries]
      .filter(([name, at]) => at <= Date.now() && cookies.has(name))
      .map(([name]) => name);
    for (const name of names) cookies.delete(name);
    return names;
  }
}
