import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { header } from './ask.ts';
import { Customer } from './customers.ts';
import lesson from './lesson.ts';

/** Locked out here, and nowhere else. */
const number = 393;
const headers = { 'x-forwarded-for': '203.0.113.77' };
const failures = 5;
/** So many refusals, each a tenth of a second after the last: their Retry-After count down over a whole second. */
const refusals = 11;
const everyMs = 100;
/** What is told in whole seconds may be up to one too long. Whoever comes back so much later is not early. */
const lateMs = 60;
const mostTries = 5;

/** Of a client that keeps to Retry-After. */
interface CameBack {
  /** To the right password, at the earliest moment that a refusal has named. */
  status: number;
  /** How many seconds that refusal said. */
  toldS: number;
}

let watched: Promise<CameBack | undefined> | undefined;

/** Somebody does what Retry-After says, to the moment. Takes LOGIN_WINDOW_S, so it begins before other parts. */
export function beginToComeBack(t: Stage): void {
  watched ??= comesBack(t);
  watched.catch(() => {}); // Awaited where it is judged.
}

/** @returns undefined if nobody was told when to come back. */
export async function cameBackAsTold(t: Stage): Promise<CameBack | undefined> {
  beginToComeBack(t);
  return watched;
}

async function comesBack(t: Stage): Promise<CameBack | undefined> {
  const customer = new Customer(number);
  const { url } = t.app(2);
  for (let n = 0; n < failures; n++) await customer.logIn(url, { headers, password: 'wrong' });
  let mayComeAt = Number.POSITIVE_INFINITY;
  let toldS = 0;
  for (let n = 0; n < refusals; n++) {
    const refusal = await customer.logIn(url, { headers, password: 'wrong' });
    const seconds = Number(header(refusal.headers, 'retry-after'));
    if (refusal.status !== 429 || !(seconds >= 1 && seconds <= Number(lesson.env.LOGIN_WINDOW_S))) return undefined;
    const namedAt = performance.now() + seconds * 1_000;
    if (namedAt < mayComeAt) [mayComeAt, toldS] = [namedAt, seconds];
    await delay(everyMs);
  }
  await delay(Math.max(0, mayComeAt + lateMs - performance.now()));
  for (let tries = 1; ; tries++) {
    const { status } = await customer.logIn(t.app(2).url, { headers });
    if ((status > 0 && status < 500) || tries === mostTries) return { status, toldS };
    await delay(everyMs);
  }
}
