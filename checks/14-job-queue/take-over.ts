import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, SmtpHandle, Stage, Visitor } from '../harness/sdk/index.ts';
import { newOrder, offersOf, place, untilStatus } from './desk.ts';
import { eventually, startInTurn, watchForSlowness } from './patience.ts';
import { beginSlow, mustNotSendAgain, outlives, type Slow } from './slow-server.ts';

/** Within JOB_LOCK_MS and that a job is taken over. */
export const graceMs = 2_000;
/** Twice that is more than it and the grace, and some to spare: who looks only once in each lock comes too late. */
const longLockMs = 5_500;
/** A worker has renewed its lock by then, since the other one began to look for lost jobs. */
const renewedWithinMs = longLockMs / 2 + 200;
/**
 * One fewer than the SMTP server has connections: a worker that takes jobs of one that lives reaches it. Who takes over one of them
 * a second comes too late with the last.
 */
const atOnce = 4;
const takenWithinMs = 1_500;
export interface Desk {
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
  smtp: SmtpHandle;
  visitor: Visitor;
  ending: Promise<Ending>;
}

interface Ending {
  /** How many were taken over while their worker lived. */
  stolen: number;
  /** So soon that no lock can have expired. */
  isTheft: boolean;
  /** How many were not taken over in time. */
  late: number;
  /** A later order was begun before them. */
  wasFree: boolean;
  /** E-mails that the other worker has sent, and for whose answer it waits. */
  slow: Slow;
  isSlow: () => boolean;
}

/**
 * Another worker is there already. One that looks once in each lock has looked while the lock was renewed: it needs until the
 * end of its next look but one, and comes too late.
 */
export async function dieOnce(t: Stage): Promise<Death> {
  const more = { SMTP_CONNECTIONS: String(atOnce) };
  const { env, smtp, app, visitor, worker } = await openDesk(t, longLockMs, more);
  const placedAt = performance.now();
  const ids = await placeAtOnce(t, smtp, visitor, atOnce);
  // It has a connection more, for an e-mail that keeps one of them busy from now on.
  smtp.allow(2 * atOnce + 1);
  const oneMore = { ...env, SMTP_CONNECTIONS: String(atOnce + 1) };
  await startInTurn(t, oneMore, { worker: true, isUrgent: true });
  const slow = ids.length > 1 ? await beginSlow(t, smtp, visitor) : undefined;
  const ending = watchTakeOver({ app, smtp, worker }, ids, { placedAt, slow, isSlow: watchForSlowness(t) });
  ending.catch(() => {}); // Awaited later.
  return { ids, smtp, visitor, ending };
}

/** Tells nothing to the trail: the deaths at the other desk go on meanwhile. */
async function watchTakeOver(
  { app, smtp, worker }: Pick<Desk, 'app' | 'smtp' | 'worker'>,
  ids: string[],
  { placedAt, slow, isSlow }: { placedAt: number; slow: Slow | undefined; isSlow: () => boolean },
): Promise<Ending> {
  await delay(renewedWithinMs);
  const again = ids.flatMap((id) => offersOf(smtp, id).slice(1, 2));
  const stolen = again.length;
  const isTheft = again.some(({ atMs }) => atMs - placedAt < longLockMs);
  const at = performance.now();
  await worker.kill();
  const until = at + longLockMs + graceMs;
  const hasOther = await outlives(slow, smtp);
  const isThere = (id: string) => offersOf(smtp, id).some(({ atMs }) => atMs > at);
  const late = () => ids.filter((id) => !isThere(id)).length;
  while (late() > 0 && performance.now() < until) await delay(20);
  const missing = late();
  const waiting = slow && hasOther ? slow : { ids, offers: 2, at: performance.now() };
  const ending = { stolen, isTheft, late: missing, wasFree: false, slow: waiting, isSlow };
  if (missing === 0 || stolen > 0) return ending;
  // A machine that is busy makes a worker late with everything. One that begins a new order first was free, and did not look.
  const order = await placeSilently(app);
  while (late() > 0 && !(order && isThere(order)) && performance.now() < until + longLockMs) await delay(5);
  return { ...ending, wasFree: late() > 0 && order !== undefined && isThere(order) };
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

export async function mustBeInTime(t: Stage, death: Death): Promise<void> {
  const { ids, ending } = death;
  const { stolen, isTheft, late, wasFree, slow, isSlow } = await ending;
  t.trail.begin(`JOB_LOCK_MS=${longLockMs}: a worker is in the middle of ${jobs(ids)}, and another one is started`);
  // A worker that gets no core can't say that it lives.
  if (stolen > 0 && !isTheft && isSlow()) t.inconclusive('the machine is too busy to tell whose a job was');
  t.require(stolen === 0, {
    expected: 'each e-mail once at the SMTP server, while the first worker lives',
    seen: `${stolen} of ${ids.length} once more`,
    ...stolenFromTheLiving,
  });
  t.trail.begin(`JOB_LOCK_MS=${longLockMs}: SIGKILL to the worker in the middle of ${jobs(ids)}; another one is there`);
  if (late > 0 && !wasFree) t.inconclusive('the machine is too busy to tell how soon a job was taken over');
  t.require(late === 0, {
    expected: `${ids.length > 1 ? 'each' : 'the'} e-mail ${onceMore(longLockMs)}`,
    seen: `${late} of ${ids.length} later than a new order`,
  });
  await mustNotSendAgain(t, death, slow, isSlow);
  for (const id of ids) await untilStatus(t, death.visitor, id, 'confirmed');
}

const stolenFromTheLiving = {
  because:
    'A worker that was started has taken jobs whose worker was still busy with them. At each deploy, customers get two e-mails.',
  lookAt: 'how does a worker that starts tell the jobs of a dead one from those of one that lives?',
};

const jobs = ({ length }: string[]) => (length > 1 ? `${length} jobs` : 'the job');

export const onceMore = (lockMs: number) => `once more at the SMTP server within ${(lockMs + graceMs) / 1_000} s`;
