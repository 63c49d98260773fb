import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, SmtpHandle, Stage, Visitor } from '../harness/sdk/index.ts';
import { newOrder, offersOf, place, untilStatus } from './desk.ts';
import { eventually, startInTurn } from './patience.ts';

/** Within JOB_LOCK_MS and that a job is taken over. */
export const graceMs = 2_000;
/** Twice that is more than it and the grace, and some to spare: who looks only once in each lock comes too late. */
const longLockMs = 5_500;
/** A worker has renewed its lock by then, since the other one began to look for lost jobs. */
const renewedWithinMs = longLockMs / 2 + 200;
/** As many as the SMTP server has connections. Who takes over one of them a second comes too late with the last. */
const atOnce = 5;
const takenWithinMs = 1_500;

interface Desk {
  env: Record<string, string>;
  smtp: SmtpHandle;
  app: Instance;
  visitor: Visitor;
  worker: Instance;
}

export async function openDesk(t: Stage, lockMs: number, more: Record<string, string> = {}): Promise<Desk> {
  const [redis, smtp] = await Promise.all([t.startRedis(), t.startSmtp()]);
  const env = { REDIS_URL: redis.appUrl, SMTP_URL: smtp.url, JOB_LOCK_MS: String(lockMs), ...more };
  const start = (worker: boolean) => startInTurn(t, env, { worker, isUrgent: true });
  const [app, worker] = await Promise.all([start(false), start(true)]);
  t.trail.begin(`JOB_LOCK_MS=${lockMs}; the SMTP server keeps its clients waiting`);
  smtp.hold();
  return { env, smtp, app, visitor: t.visitor({ at: app }), worker };
}

/** One alone: a worker that has others to do meanwhile need not have a place for it. */
export async function placeAlone(t: Stage, smtp: SmtpHandle, visitor: Visitor): Promise<string> {
  const id = await place(t, visitor, newOrder());
  await eventually(t, 'its e-mail to reach the SMTP server', () => offersOf(smtp, id).length > 0);
  return id;
}

/** Several, where a worker does them at the same time. */
export async function placeAtOnce(t: Stage, smtp: SmtpHandle, visitor: Visitor, many: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < many; n++) ids.push(await place(t, visitor, newOrder()));
  const areThere = () => ids.every((id) => offersOf(smtp, id).length > 0);
  for (const until = performance.now() + takenWithinMs; !areThere() && performance.now() < until; ) await delay(20);
  if (areThere()) return ids;
  smtp.release();
  for (const id of ids) await untilStatus(t, visitor, id, 'confirmed');
  smtp.hold();
  return [await placeAlone(t, smtp, visitor)];
}

interface Death {
  ids: string[];
  ending: Promise<Ending>;
}

/** How many were not taken over in time, and whether a later order was begun before them. */
type Ending = { late: number; wasFree: boolean };

/**
 * Another worker is there already. One that looks once in each lock has looked while the lock was renewed: it needs until the
 * end of its next look but one, and comes too late.
 */
export async function dieOnce(t: Stage): Promise<Death> {
  const more = { SMTP_CONNECTIONS: String(atOnce) };
  const { env, smtp, app, visitor, worker } = await openDesk(t, longLockMs, more);
  const ids = await placeAtOnce(t, smtp, visitor, atOnce);
  await startInTurn(t, env, { worker: true, isUrgent: true });
  const ending = watchTakeOver({ app, smtp, worker }, ids);
  ending.catch(() => {}); // Awaited later.
  return { ids, ending };
}

/** Tells nothing to the trail: the deaths at the other desk go on meanwhile. */
async function watchTakeOver(
  { app, smtp, worker }: Pick<Desk, 'app' | 'smtp' | 'worker'>,
  ids: string[],
): Promise<Ending> {
  await delay(renewedWithinMs);
  const at = performance.now();
  await worker.kill();
  const until = at + longLockMs + graceMs;
  const isThere = (id: string) => offersOf(smtp, id).some(({ atMs }) => atMs > at);
  const late = () => ids.filter((id) => !isThere(id)).length;
  while (late() > 0 && performance.now() < until) await delay(20);
  const missing = late();
  if (missing === 0) return { late: 0, wasFree: false };
  // A machine that is busy makes a worker late with everything. One that begins a new order first was free, and did not look.
  const order = await placeSilently(app);
  while (late() > 0 && !(order && isThere(order)) && performance.now() < until + longLockMs) await delay(5);
  return { late: missing, wasFree: late() > 0 && order !== undefined && isThere(order) };
}

async function placeSilently(app: Instance): Promise<string | undefined> {
  try {
    const answer = await fetch(`${app.url}/orders`, {
      method: 'POST',
      body: JSON.stringify(newOrder()),
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(longLockMs),
    });
    return ((await answer.json()) as { order?: string }).order;
  } catch {
    return undefined; // Then nothing can be said about the worker.
  }
}

export async function mustBeInTime(t: Stage, { ids, ending }: Death): Promise<void> {
  const { late, wasFree } = await ending;
  t.trail.begin(`JOB_LOCK_MS=${longLockMs}: SIGKILL to the worker in the middle of ${jobs(ids)}; another one is there`);
  if (late > 0 && !wasFree) t.inconclusive('the machine is too busy to tell how soon a job was taken over');
  t.require(late === 0, {
    expected: `${ids.length > 1 ? 'each' : 'the'} e-mail ${onceMore(longLockMs)}`,
    seen: `${late} of ${ids.length} later than a new order`,
  });
}

const jobs = ({ length }: string[]) => (length > 1 ? `${length} jobs` : 'the job');

export const onceMore = (lockMs: number) => `once more at the SMTP server within ${(lockMs + graceMs) / 1_000} s`;
