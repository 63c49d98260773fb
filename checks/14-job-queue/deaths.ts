import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { mustHaveOneEach, newOrder, offersOf, place } from './desk.ts';
import { eventually, startInTurn, watchForSlowness } from './patience.ts';
import { mustComeFirst } from './queue-jump.ts';
import { type Desk, dieOnce, graceMs, mustBeInTime, onceMore, openDesk, placeAlone } from './take-over.ts';

const lockMs = 800;
/** Its second death is where some queues give up, and others at a third or fourth. */
const deaths = 5;
/** For so long there is no worker at all: whatever says that the dead one lives has expired. */
const nobodyMs = lockMs + 700;

/** What dies may not take an order with it. */
export function deathBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'outlives-server',
    'what was answered with 202 is worked on, even if every process of the app is killed right after it',
    {
      because: 'The order was accepted, and its e-mail was known only to a process that is dead.',
      lookAt: 'where is the work between the answer and the e-mail?',
    },
    async (t) => {
      const visitor = t.visitor();
      t.smtp.hold();
      await t.worker().kill();
      const ids: string[] = [];
      for (let n = 0; n < 8; n++) ids.push(await place(t, visitor, newOrder(), { on: (n % 2) + 1 }));
      await Promise.all([1, 2].map((number) => t.app(number).kill()));
      t.trail.begin('8 orders while the worker is away', '202 for each');
      t.step('SIGKILL to both instances');
      await t.restart();
      t.smtp.release();
      await mustHaveOneEach(t, visitor, t.smtp, ids);
      await mustFindWhatWaits(t);
    },
    { limitMs: 30_000 },
  );

  behaviour(
    'worker-dies',
    'a job whose worker is killed in the middle is taken over within JOB_LOCK_MS + 2 s, and again, and each order has one e-mail',
    {
      because: 'The job went down with its worker, or nobody looks early enough for jobs whose worker is gone.',
      lookAt: 'when does a job leave the queue for good, and how often does somebody look for lost ones?',
    },
    workerDies,
    { background: true, limitMs: 60_000 },
  );
}

/** A Redis that no worker has ever seen. */
async function mustFindWhatWaits(t: Stage): Promise<void> {
  t.trail.begin();
  const [redis, smtp] = await Promise.all([t.startRedis(), t.startSmtp()]);
  const env = { REDIS_URL: redis.appUrl, SMTP_URL: smtp.url };
  const visitor = t.visitor({ at: await t.startExtra({ env }) });
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.push(await place(t, visitor, newOrder()));
  t.trail.begin('an empty Redis, an instance and 3 orders; then the first worker is started');
  await t.startExtra({ env, worker: true });
  await mustHaveOneEach(t, visitor, smtp, ids, { late: () => fromNowOn });
}

const fromNowOn = {
  because:
    'The orders were accepted before there was a worker. The first one does what comes after its start, and not what was there.',
  lookAt: 'where does a worker begin that is the first: at the oldest job, or at the next one that comes?',
};

async function workerDies(t: Stage): Promise<void> {
  // Begun first: it takes longest, and nobody has to watch it.
  const longAgo = await dieOnce(t);
  const desk = await openDesk(t, lockMs);
  const { smtp, visitor, worker: first, env } = desk;
  const id = await placeAlone(t, smtp, visitor);
  let worker = first;
  for (let death = 1; death <= deaths; death++) {
    const offers = offersOf(smtp, id).length;
    // There before the death: what one does at its start is asked below, where nobody is there.
    const next = await startInTurn(t, env, { worker: true, isUrgent: true });
    await worker.kill();
    worker = next;
    t.trail.retell(2, `SIGKILL to the worker in the middle of the job${ofMany[death] ?? ''}; another one is there`);
    const readyAt = performance.now();
    const isSlow = watchForSlowness(t);
    const isThere = () => offersOf(smtp, id).length > offers;
    await eventually(t, `the e-mail ${onceMore(lockMs)}`, isThere, {
      withinMs: lockMs + graceMs,
      ...(death > 1 ? diesAgain : {}),
    });
    // Later only where other programs have kept the machine busy.
    if (!isSlow())
      t.atMost('the time until the job was taken over', performance.now() - readyAt, lockMs + graceMs, 'ms');
  }
  const others: string[] = [];
  for (let n = 0; n < 4; n++) others.push(await place(t, visitor, newOrder()));
  smtp.release();
  t.trail.begin(`SIGKILL to the worker in the middle of the job, ${deaths} times; then the SMTP server answers`);
  await mustHaveOneEach(t, visitor, smtp, [id, ...others]);
  const last = await mustBeFound(t, desk, worker);
  await mustComeFirst(t, desk, last, lockMs);
  await mustBeInTime(t, longAgo);
}

/**
 * Nobody is there to see the death. Whoever comes later has only what is written in Redis.
 * @returns the worker that came later.
 */
async function mustBeFound(t: Stage, { env, smtp, visitor }: Desk, worker: Instance): Promise<Instance> {
  t.trail.begin(`JOB_LOCK_MS=${lockMs}; the SMTP server keeps its clients waiting`);
  smtp.hold();
  const id = await placeAlone(t, smtp, visitor);
  await worker.kill();
  await delay(nobodyMs);
  const next = await startInTurn(t, env, { worker: true, isUrgent: true });
  t.trail.retell(
    1,
    `SIGKILL to the only worker in the middle of the job; another one is started ${nobodyMs / 1_000} s later`,
  );
  const isThere = () => offersOf(smtp, id).length > 1;
  await eventually(t, 'the e-mail once more at the SMTP server', isThere, diedAlone);
  smtp.release();
  await mustHaveOneEach(t, visitor, smtp, [id]);
  return next;
}

const diedAlone = {
  because:
    'No worker was there when this one died. By the time the next one came, nothing in Redis led to the job of the dead one any more, so nobody does it.',
  lookAt: 'how does a worker that starts find jobs whose worker has been dead for longer than JOB_LOCK_MS?',
};

const diesAgain = {
  because:
    'The job was taken over before, and now it is not. The app counts the death of a worker as a fault of the job, and has given it up.',
  lookAt: 'how often may a job lose its worker, and what becomes of it then?',
};

const ofMany = ['', '', ...['second', 'third', 'fourth', 'fifth'].map((time) => `, for the ${time} time`)];
