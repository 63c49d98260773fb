import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { Customer, emailOf } from './customers.ts';

const event = 43;
/**
 * For how long the SMTP server says 451 to the e-mail of each of these customers, who do nothing else: at least so long, and it ends
 * with an attempt, so that all of the next pause is seen. The first ends at once, the other when pauses that grow have grown.
 */
const endsAfterMs = new Map([
  [391, 0],
  [392, 9_000],
]);
const mostTries = 4;
/** Whoever has not tried again by then does so too late. */
const patienceMs = 12_000;

let watched: Promise<number | undefined> | undefined;

/**
 * Orders of a shop in which nobody else orders: what looks for e-mails that wait is woken by none. Their e-mails are refused, and
 * other parts go on meanwhile.
 */
export async function beginQuietOrders(t: Stage): Promise<void> {
  if (watched) return;
  const tried = new Map([...endsAfterMs.keys()].map((number) => [emailOf(number), [] as number[]]));
  const ended = new Set<string>();
  t.smtp.refuseBeside(({ to, atMs }) => {
    const [email = ''] = to;
    const attempts = tried.get(email);
    if (!attempts) return undefined;
    attempts.push(atMs);
    if (ended.has(email)) return undefined;
    const least = [...endsAfterMs].find(([number]) => emailOf(number) === email)?.[1] ?? 0;
    if (atMs - (attempts[0] ?? atMs) >= least) ended.add(email);
    return { code: 451, text: 'please try again later' };
  });
  const placed: string[] = [];
  for (const number of endsAfterMs.keys()) if (await places(t, number)) placed.push(emailOf(number));
  const isDone = (email: string) => t.smtp.accepted.some(({ to }) => to.includes(email));
  watched = (async () => {
    for (const email of placed)
      for (const from = performance.now(); !isDone(email); await delay(50))
        if (performance.now() - (tried.get(email)?.at(-1) ?? from) > patienceMs) break;
    const pauses = placed.flatMap((email) => {
      const attempts = tried.get(email) ?? [];
      const all = isDone(email) ? attempts : [...attempts, performance.now()];
      return all.slice(1).map((at, n) => at - (all[n] as number));
    });
    t.smtp.refuseBeside(undefined);
    return pauses.length > 0 ? Math.max(...pauses) : undefined;
  })();
  watched.catch(() => {}); // Awaited where it is judged.
}

/** @returns the longest pause between two attempts; undefined if none could be seen. */
export async function longestQuietPauseMs(t: Stage): Promise<number | undefined> {
  await beginQuietOrders(t);
  return watched;
}

async function places(t: Stage, number: number): Promise<boolean> {
  const customer = new Customer(number);
  for (let tries = 0; tries < mostTries; tries++) {
    if (!customer.isLoggedIn) await customer.logIn(t.url);
    const { status } = await customer.ask(t.url, { method: 'POST', path: '/orders', json: { event, seats: 1 } });
    if (status === 201) return true;
    await delay(100);
  }
  return false;
}
