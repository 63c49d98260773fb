import { setTimeout as delay } from 'node:timers/promises';
import { parseSetCookie } from 'set-cookie-parser';
import type { Stage } from '../harness/behaviour.ts';
import type { Answer, Visitor } from '../harness/visitor.ts';
import { ada, logIn } from './steps.ts';

/** Runs acts one after the other, whoever asks for them. */
export type Turns = <T>(act: () => Promise<T>) => Promise<T>;

export function turns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const mine = last.then(act);
    last = mine.catch(() => {});
    return mine;
  };
}

export const ttlS = 3;
const uses = 4;
/** Used less than this apart, a session of 3 s is alive, also where its end is rounded down to a whole second. */
const longestGapMs = 1_900;
/** Longer than 3 s, also where the end is rounded up. */
const idleMs = 4_200;

/**
 * Two sessions side by side: one is used every second for longer than it lives unused, the other once and then not at all.
 * @returns whether they could be judged: false when this machine did not get round to using one in time.
 */
export async function renewalHolds(t: Stage, visit: () => Visitor, alone: Turns): Promise<boolean> {
  const idle = visit();
  await alone(() => logIn(t, idle, ada));
  (await idle.get('/profile')).mustBe(200, {
    because: 'A session with a short SESSION_TTL_S must work as one with a long one does, for its time.',
  });
  const unusedSince = performance.now();
  if (!(await useEverySecond(t, visit(), alone))) return false;
  await delay(Math.max(0, unusedSince + idleMs - performance.now()));
  t.trail.splice(1, t.trail.length, `a session of ada, ${idleMs / 1000} s without use`);
  (await idle.get('/profile')).mustBe(401, {
    because:
      'Nobody has used the session for longer than SESSION_TTL_S, and it still opens the account: on a shared computer, for the next person.',
    lookAt: 'does SESSION_TTL_S reach the place where the session’s end is set?',
  });
  return true;
}

async function useEverySecond(t: Stage, visitor: Visitor, alone: Turns): Promise<boolean> {
  const expiries = new Map<string, number>();
  let previous = await alone(() => logIn(t, visitor, ada));
  noteExpiries(expiries, previous);
  for (let use = 1; use <= uses; use++) {
    await delay(1_000);
    const dropped = dropExpired(visitor, expiries);
    const answer = await visitor.get('/profile');
    if (answer.status !== 200 && answer.arrivedAt - sentAt(previous) > longestGapMs) return false;
    if (dropped.length > 0) {
      answer.mustBe(200, {
        because: `The browser has thrown the cookie ${dropped.join(', ')} away: its lifetime was set at the login and never moved since.`,
        lookAt:
          'does an answer set the cookie anew when the session is used, or does the cookie need a lifetime at all?',
      });
    }
    answer.mustBe(200);
    noteExpiries(expiries, answer);
    previous = answer;
  }
  return true;
}

function sentAt(answer: Answer): number {
  return answer.arrivedAt - answer.ms;
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
