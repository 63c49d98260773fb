import { setTimeout as delay } from 'node:timers/promises';
import { parseSetCookie } from 'set-cookie-parser';
import type { Answer, Stage, Visitor } from '../harness/sdk/index.ts';
import { grace, itemsOf, logIn } from './steps.ts';

export const ttlS = 3;
const uses = 4;
/** Used less than this apart, a session of 3 s is alive, also where its end is rounded down to a whole second. */
const longestGapMs = 1_900;
/** Longer than 3 s, also where the end is rounded up to a whole second. */
const idleMs = 4_600;

const shortLived = {
  because: 'A session with a short SESSION_TTL_S must work as one with a long one does, for its time.',
  lookAt: 'what does the app make of SESSION_TTL_S?',
};

/**
 * Two sessions side by side: one is used every second for longer than it lives unused, the other once and then not at all.
 * @returns whether they could be judged: false when this machine did not get round to using one in time.
 */
export async function renewalHolds(t: Stage, visit: () => Visitor): Promise<boolean> {
  const idle = visit();
  const login = await logIn(t, idle, grace, {}, shortLived);
  const first = await idle.get('/profile');
  if (first.status !== 200 && gapMs(login, first) > longestGapMs) return false;
  first.mustBe(200, shortLived);
  if (!(await useEverySecond(t, visit()))) return false;
  await delay(Math.max(0, first.arrivedAt + idleMs - performance.now()));
  t.trail.splice(1, t.trail.length, `a session of grace, ${idleMs / 1000} s without use`);
  (await idle.get('/profile')).mustBe(401, {
    because:
      'Nobody has used the session for longer than SESSION_TTL_S, and it still opens the account: on a shared computer, for the next person.',
    lookAt: 'does SESSION_TTL_S reach the place where the session’s end is set?',
  });
  return true;
}

async function useEverySecond(t: Stage, visitor: Visitor): Promise<boolean> {
  const expiries = new Map<string, number>();
  let previous = await logIn(t, visitor, grace, {}, shortLived);
  noteExpiries(expiries, previous);
  let longest = 0;
  /** @returns whether it came in time, or was answered well all the same. */
  const inTime = (answer: Answer): boolean => {
    longest = Math.max(longest, gapMs(previous, answer));
    noteExpiries(expiries, answer);
    previous = answer;
    return answer.status < 300 || longest <= longestGapMs;
  };
  const added = await visitor.post('/basket', { event: 'friday-opening', seats: 2 });
  if (!inTime(added)) return false;
  added.mustBe(201, shortLived);
  for (let use = 1; use <= uses; use++) {
    await delay(1_000);
    const dropped = dropExpired(visitor, expiries);
    const answer = await visitor.get('/profile');
    if (!inTime(answer)) return false;
    if (dropped.length > 0) {
      answer.mustBe(200, {
        because: `The browser has thrown the cookie ${dropped.join(', ')} away: its lifetime was set at the login and never moved since.`,
        lookAt:
          'does an answer set the cookie anew when the session is used, or does the cookie need a lifetime at all?',
      });
    }
    answer.mustBe(200);
  }
  const basket = await visitor.get('/basket');
  if (!inTime(basket)) return false;
  const kept = itemsOf(t, basket.mustBe(200).json).includes('friday-opening × 2');
  if (!kept && longest > longestGapMs) return false;
  t.require(kept, {
    expected: 'what grace put into the basket 4 s ago, while she used her session every second',
    seen: basket.text,
    because: 'The session lives, and its basket has ended: only putting something into it moves its end.',
    lookAt: 'which keys does a request with a session renew?',
  });
  return true;
}

/** From when the one was sent to when the other one had arrived: all that a session may have gone unused. */
function gapMs(before: Answer, after: Answer): number {
  return after.arrivedAt - (before.arrivedAt - before.ms);
}

/** Remembers until when a browser would keep each cookie that was set; those without a lifetime it keeps. */
function noteExpiries(expiries: Map<string, number>, answer: Answer): void {
  for (const { name, maxAge, expires } of parseSetCookie(answer.setCookies, { decodeValues: false })) {
    if (maxAge !== undefined) expiries.set(name, Date.now() + maxAge * 1000);
    else if (expires) expiries.set(name, expires.getTime());
    else expiries.delete(name);
  }
}

/** Forgets what a browser would have forgotten by now. */
function dropExpired(visitor: Visitor, expiries: Map<string, number>): string[] {
  const names = [...expiries]
    .filter(([name, at]) => at <= Date.now() && visitor.cookies.has(name))
    .map(([name]) => name);
  for (const name of names) visitor.cookies.delete(name);
  return names;
}
