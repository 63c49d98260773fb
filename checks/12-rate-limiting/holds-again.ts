import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, disturbs, type Instance, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { exports, type Limit, newAccount, newAddress } from './limits.ts';

const holdsWithinMs = 3_000;
/** An app whose answers all came so soon was awake, and its timers ran. */
const awakeMs = 400;

/**
 * These limits, in this order, over all instances, at some moment within what the contract says.
 * @param hasTried whether each can have connected to Redis since it is back. Where one has not for a second more, although it answers
 * quickly, or for twice as long, it is not for want of a core, as busy as the machine may be.
 */
export async function mustHoldAgain(
  t: Stage,
  apps: Instance[],
  token: string,
  limits: Limit[],
  hasTried = () => true,
): Promise<void> {
  const startedAt = performance.now();
  const watch = new MachineWatch();
  const { length } = t.trail;
  let slowestMs = 0;
  for (;;) {
    t.trail.retell(length);
    const waitedMs = performance.now() - startedAt;
    const wasAwake = slowestMs < awakeMs && waitedMs > holdsWithinMs + 1_000;
    const hasPaused = hasTried() ? waitedMs > 3 * holdsWithinMs : wasAwake || waitedMs > 2 * holdsWithinMs;
    const late = waitedMs > holdsWithinMs && (hasPaused || !disturbs(watch.otherCoresBusy()));
    const wrong = await firstThatDoesNotHold(t, apps, token, limits);
    t.trail.retell(length);
    slowestMs = Math.max(slowestMs, ...(wrong?.answers ?? []).map(({ ms }) => ms));
    if (!wrong && waitedMs > holdsWithinMs)
      t.inconclusive('the machine was so busy that nobody can say when the limits held');
    if (!wrong) return;
    t.require(!late, {
      step: `${wrong.limit.most + 2} ${wrong.limit.what} of one client, over two instances`,
      expected: `at most ${wrong.limit.most} that pass, and a 429 for the others, after ${holdsWithinMs / 1_000} s`,
      seen: inWords(wrong.answers),
      because:
        'Redis is there, and the limits do not hold. Either the app never counts there, or it has given up, pauses for too long, or asks for a script that is gone.',
      lookAt:
        'how long does the Redis client wait after its tenth attempt, and what else decides whether Redis is asked?',
    });
    await delay(50);
  }
}

/** A user's exports may have been counted before, so they may all be refused. */
async function firstThatDoesNotHold(t: Stage, apps: Instance[], token: string, limits: Limit[]) {
  for (const limit of limits) {
    const answers = await ask(t, limit, apps, token);
    const passed = answers.filter((answer) => answer.is(...limit.passes)).length;
    const refused = answers.filter((answer) => answer.is(429)).length;
    const enough = limit === exports || passed >= limit.atLeast;
    if (passed > limit.most || passed + refused < answers.length || !enough) return { limit, answers };
  }
  return undefined;
}

/** One after the other, by somebody new. */
async function ask(t: Stage, limit: Limit, apps: Instance[], token: string): Promise<Answer[]> {
  const [from, username] = [newAddress(), newAccount()];
  const headers = { 'x-forwarded-for': from, ...(limit === exports ? { authorization: `Bearer ${token}` } : {}) };
  const answers: Answer[] = [];
  for (let n = 0; n < limit.most + 2; n++) {
    const { method, path, body } = limit.request(n, username);
    answers.push(await t.visitor({ at: apps[n % apps.length] as Instance }).send(method, path, body, { headers }));
  }
  return answers;
}

/** "5 × 401, 2 × 503" */
function inWords(answers: Answer[]): string {
  const counts = new Map<number, number>();
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} × ${status}`).join(', ');
}
