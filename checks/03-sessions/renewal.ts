import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage, Visitor } from '../harness/sdk/index.ts';
import { EndedFromOldTab, LastUse } from './last-uses.ts';
import {
  firstHalfMs,
  Gaps,
  gapMs,
  longestGapMs,
  otherUses,
  reading,
  type ShortSessions,
  seldomAtMs,
  shortLived,
  type Use,
  withShortSessions,
} from './short-sessions.ts';
import { mustRenewSoonAgain } from './soon-again.ts';
import { grace, itemsOf, logIn } from './steps.ts';

type Behaviour = CheckDefinition['behaviour'];

/** When sessions that are used are asked, after their logins: past the end of a session that nothing renews. */
const usesAtMs = [1_500, 2_500, 3_500, 4_600];
/** What is used for the last time, or renewed and ended, then … */
const renewedAtMs = 2_600;
/** … is looked at now: after the end that it had at its login, and long before the one that it had at its last use. */
const renewedUntilMs = 4_900;
/** Longer than 4 s, also where the end is rounded up to a whole second. */
const idleMs = 5_600;
const item = { event: 'friday-opening', seats: 2 };

export function renewal(behaviour: Behaviour): void {
  behaviour(
    'renewal',
    'each request renews a session and its basket; without use they end after SESSION_TTL_S',
    {
      because:
        'The time to live is set once, at the login. A customer who is choosing seats is logged out in the middle of it.',
      lookAt: 'what moves the end of the session when it is used, and on which routes?',
    },
    (t) => withShortSessions(t, (short) => renewalHolds(t, short)),
    { background: true, limitMs: 45_000 },
  );
}

/** A session that is used once and then not at all, beside one for each way of using it. */
async function renewalHolds(t: Stage, { app, lasting, redis, start }: ShortSessions): Promise<boolean> {
  const lastUses = process.platform === 'win32' ? [] : await lastUsesBeside(t, { app, redis, start });
  const idle = t.visitor({ at: app });
  const login = await logIn(t, idle, grace, {}, shortLived);
  const first = await idle.get('/profile');
  if (first.status !== 200 && gapMs(login, first) > longestGapMs) return false;
  first.mustBe(200, shortLived);
  const used = [reading, ...otherUses].map((use) => new UsedSession(t, app, use));
  const seldom = new UsedSession(t, app, { ...reading, what: 'one early GET /profile' });
  for (const session of used) if (!(await session.begin())) return false;
  for (const last of lastUses) if (!(await last.begin())) return false;
  const ended = new EndedFromOldTab(t, app);
  await ended.begin();
  const seldomFrom = performance.now();
  if (!(await seldom.begin())) return false;
  const beganAt = performance.now();
  const timeline = [
    ...usesAtMs.map((atMs) => ({ atMs, acts: used.map((session) => () => session.use()) })),
    ...seldomAtMs.map((atMs) => ({ atMs, acts: [() => seldom.use()] })),
    { atMs: renewedAtMs, acts: [...lastUses.map((last) => () => last.useAndEnd()), () => ended.renewAndEnd()] },
  ];
  for (const { atMs, acts } of timeline.sort((a, b) => a.atMs - b.atMs)) {
    await delay(Math.max(0, beganAt + atMs - performance.now()));
    for (const act of acts) if (!(await act())) return false;
    if (atMs === seldomAtMs[0] && performance.now() - seldomFrom > firstHalfMs) return false;
  }
  await delay(Math.max(0, beganAt + renewedUntilMs - performance.now()));
  await ended.mustStayEnded();
  // First those that nothing ended: what is lost there, SIGTERM has not lost.
  for (const session of used) if (!(await session.basketMustBeKept())) return false;
  for (const last of lastUses) if (!(await last.mustBeAlive())) return false;
  const shortTrail = t.trail.steps.slice(0, 1);
  await mustRenewSoonAgain(t, lasting, redis);
  t.trail.begin(shortTrail[0]?.what);
  await delay(Math.max(0, first.arrivedAt + idleMs - performance.now()));
  t.trail.retell(1, `a session of grace, ${idleMs / 1000} s without use`);
  (await idle.get('/profile')).mustBe(401, {
    because:
      'Nobody has used the session for longer than SESSION_TTL_S, and it still opens the account: on a shared computer, for the next person.',
    lookAt: 'does SESSION_TTL_S reach the place where the session’s end is set?',
  });
  return true;
}

/** Two processes that end: one right after an answer, and one with a request under way, which no timer can save. */
async function lastUsesBeside(
  t: Stage,
  { app: stays, redis, start }: Omit<ShortSessions, 'lasting'>,
): Promise<LastUse[]> {
  const door = await redis.openDoor();
  const [afterwards, meanwhile] = await Promise.all([start(redis.appUrl), start(door.url)]);
  t.trail.retell(1);
  return [new LastUse(t, { leaving: afterwards, stays }), new LastUse(t, { leaving: meanwhile, stays, door })];
}

/** A session that is used in one way only. Each step says false when the machine came too late to judge it. */
class UsedSession {
  readonly #t: Stage;
  readonly #visitor: Visitor;
  readonly #use: Use;
  readonly #gaps = new Gaps();
  #unknown = false;

  constructor(t: Stage, app: Instance, use: Use) {
    this.#t = t;
    this.#visitor = t.visitor({ at: app });
    this.#use = use;
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
    const { ask, right, unknown = [] } = this.#use;
    const answer = await ask(this.#visitor);
    this.#unknown ||= answer.is(...unknown);
    if (this.#unknown) return true;
    if (!this.#gaps.inTime(answer, right)) return false;
    answer.mustBe(right, this.#endedEarly);
    return true;
  }

  async basketMustBeKept(): Promise<boolean> {
    if (this.#unknown) return true;
    this.#retell();
    const basket = await this.#visitor.get('/basket');
    if (!this.#gaps.inTime(basket)) return false;
    const kept = itemsOf(this.#t, basket.mustBe(200, this.#endedEarly).json).includes('friday-opening × 2');
    if (!kept && !this.#gaps.small) return false;
    this.#t.require(kept, {
      expected: 'what grace put into the basket before',
      seen: basket.text,
      because: 'The session lives and its basket has ended: only putting something into it moves its end.',
      lookAt: 'which keys does a request with a session renew?',
    });
    return true;
  }

  get #endedEarly() {
    return {
      because: `A session ended less than SESSION_TTL_S after its last use: ${this.#use.what} did not move its end.`,
    };
  }

  #retell(): void {
    this.#t.trail.retell(1, `a session of grace, used by ${this.#use.what} alone:`);
  }
}
