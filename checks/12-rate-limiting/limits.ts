import { randomUUID } from 'node:crypto';
import { disturbs, type Instance, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { isExcused, noAnswer, noteIfLate } from './sure.ts';
import { together } from './together.ts';

/** One of the app's three limits, and how to run into it. */
export interface Limit {
  what: string;
  most: number;
  atLeast: number;
  /** Statuses of an answer to a request that has passed. */
  passes: readonly number[];
  request(n: number, username: string): { method: string; path: string; body?: unknown };
}

/** A query makes it another address, and the same route. */
const readPaths = ['/events', '/events/3', '/events/none', '/events?city=oslo'];

export const reads: Limit = {
  what: 'reads',
  most: 10,
  atLeast: 8,
  passes: [200, 304, 404],
  request: (n) => ({ method: 'GET', path: readPaths[Math.floor(n / 2) % readPaths.length] ?? '' }),
};

export const failedLogins: Limit = {
  what: 'failed logins',
  most: 5,
  atLeast: 4,
  passes: [401],
  request: (n, username) => ({
    method: 'POST',
    path: '/login',
    body: { username, password: guesses[n % guesses.length] },
  }),
};

export const exports: Limit = {
  what: 'exports',
  most: 5,
  atLeast: 4,
  passes: [202],
  request: () => ({ method: 'POST', path: '/exports' }),
};

/** A wrong password may also be none, or almost the right one. */
const guesses = ['', 'a guess', 'analytical ', '0', 'ANALYTICAL'];

/** The customers of src/users.ts. */
export const passwords = { ada: 'analytical', grace: 'nanosecond', linus: 'penguin', margaret: 'priority' };
export type Username = keyof typeof passwords;

/** After its start, on a quiet machine. */
const countsWithinMs = 1_000;
const logsInWithinMs = 2_000;
let addresses = 0;

/** An IPv4 address that nobody has asked from. */
export function newAddress(): string {
  const n = ++addresses;
  return `203.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
}

/** An account that nobody has. */
export function newAccount(): string {
  return `nobody-${randomUUID()}`;
}

/** The token of a customer who logs in, if nothing else is said from an address of their own. */
export async function tokenOf(t: Stage, username: Username, app: Instance = t.app(), from?: string): Promise<string> {
  const { length } = t.trail;
  const body = { username, password: passwords[username] };
  const ask = () => {
    const headers = { 'x-forwarded-for': from ?? newAddress() };
    return t.visitor({ at: app }).post('/login', body, { headers, unanswered: noAnswer });
  };
  const watch = new MachineWatch();
  const startedAt = performance.now();
  let answer = await ask();
  while (answer.status === 503 && noteIfLate(t, answer)) {
    const isBusy = disturbs(watch.otherCoresBusy());
    if (performance.now() - startedAt > (isBusy ? 10 : 1) * logsInWithinMs) {
      if (isBusy) t.inconclusive('the machine was too busy for a login');
      break;
    }
    answer = await ask();
  }
  t.trail.retell(length, answer.request, String(answer.status));
  answer.mustBe(200);
  t.require(typeof answer.json?.token === 'string', { expected: '{"token":"…"}', seen: answer.text });
  t.trail.dropLast();
  return answer.json.token;
}

/**
 * An app may connect to Redis only when it is first needed, and on a busy machine that takes time. Not judged: an app that never
 * counts is found soon enough.
 */
export async function untilCounting(t: Stage, ...apps: Instance[]): Promise<void> {
  for (const app of apps) {
    const watch = new MachineWatch();
    const startedAt = performance.now();
    while (!(await counts(t, app, watch))) {
      const waitedMs = performance.now() - startedAt;
      if (waitedMs > countsWithinMs && (waitedMs > 10 * countsWithinMs || !disturbs(watch.otherCoresBusy()))) break;
    }
  }
  t.trail.begin();
}

async function counts(t: Stage, app: Instance, watch: MachineWatch): Promise<boolean> {
  const headers = { 'x-forwarded-for': newAddress() };
  const visitor = t.visitor({ at: app });
  const ask = () => visitor.get('/events', { headers, unanswered: noAnswer });
  try {
    const answers = await together(Array.from({ length: 12 }, ask));
    return answers.some(({ status }) => status === 429);
  } catch (error) {
    if (isExcused(error, watch)) return false;
    throw error;
  }
}
