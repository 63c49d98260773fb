import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, lastAttempt, type Stage } from '../harness/sdk/index.ts';
import { mustHaveOneEach, newOrder, offersOf, place } from './desk.ts';
import { eventually, startInTurn, watchForSlowness } from './patience.ts';

const lockMs = 800;
const graceMs = 2_000;
/** Its second death is where some queues give up. */
const deaths = 3;
const slowLockMs = 2_000;

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
    },
    { limitMs: 25_000 },
  );

  behaviour(
    'worker-dies',
    'a job whose worker is killed in the middle is taken over within JOB_LOCK_MS + 2 s, and again, and each order has one e-mail',
    {
      because: 'The job went down with its worker, or nobody looks early enough for jobs whose worker is gone.',
      lookAt: 'when does a job leave the queue for good, and how often does somebody look for lost ones?',
    },
    workerDies,
    { background: true, limitMs: 40_000 },
  );

  behaviour(
    'slow-job',
    'a job that takes longer than JOB_LOCK_MS stays with its worker while that lives',
    {
      because:
        'A second worker has taken a job whose first worker was still busy with it. When the SMTP server is slow, every customer gets each e-mail twice.',
      lookAt: 'how does a worker say that it still lives, and how often?',
    },
    async (t) => {
      const [redis, smtp] = await Promise.all([t.startRedis(), t.startSmtp()]);
      const env = { REDIS_URL: redis.appUrl, SMTP_URL: smtp.url, JOB_LOCK_MS: String(slowLockMs) };
      const [app] = await Promise.all([
        startInTurn(t, env),
        startInTurn(t, env, { worker: true }),
        startInTurn(t, env, { worker: true }),
      ]);
      const visitor = t.visitor({ at: app });
      // A worker that gets no core can't say that it lives, so on a busy machine it may lose its job once.
      const [ids, most] = await lastAttempt(
        async () => {
          t.trail.begin(
            `two workers, JOB_LOCK_MS=${slowLockMs}; the SMTP server takes ${(2.5 * slowLockMs) / 1_000} s`,
          );
          smtp.hold();
          const ids = [await place(t, visitor, newOrder()), await place(t, visitor, newOrder())];
          for (const id of ids)
            await eventually(t, 'the e-mail to reach the SMTP server', () => offersOf(smtp, id).length > 0);
          await delay(2.5 * slowLockMs);
          const offers = ids.map((id) => offersOf(smtp, id).length);
          smtp.release();
          return [ids, Math.max(...offers)] as const;
        },
        ([, most]) => most === 1,
      );
      t.require(most === 1, { expected: 'each e-mail once at the SMTP server', seen: `one of them ${most} times` });
      await mustHaveOneEach(t, visitor, smtp, [...ids]);
    },
    { background: true, limitMs: 40_000 },
  );
}

async function workerDies(t: Stage): Promise<void> {
  const [redis, smtp] = await Promise.all([t.startRedis(), t.startSmtp()]);
  const env = { REDIS_URL: redis.appUrl, SMTP_URL: smtp.url, JOB_LOCK_MS: String(lockMs) };
  const startWorker = () => startInTurn(t, env, { worker: true });
  const [app, first] = await Promise.all([startInTurn(t, env), startWorker()]);
  const visitor = t.visitor({ at: app });
  t.trail.begin(`JOB_LOCK_MS=${lockMs}; the SMTP server keeps its clients waiting`);
  smtp.hold();
  // One alone: a worker that has others to do meanwhile need not have a place for it.
  const id = await place(t, visitor, newOrder());
  await eventually(t, 'its e-mail to reach the SMTP server', () => offersOf(smtp, id).length > 0);
  let worker = first;
  for (let death = 1; death <= deaths; death++) {
    const offers = offersOf(smtp, id).length;
    const [next] = await Promise.all([startWorker(), worker.kill()]);
    worker = next;
    t.trail.retell(2, `SIGKILL to the worker in the middle of the job${ofMany[death] ?? ''}; another one is there`);
    const readyAt = performance.now();
    const isSlow = watchForSlowness(t);
    const isThere = () => offersOf(smtp, id).length > offers;
    const what = `the e-mail once more at the SMTP server within ${(lockMs + graceMs) / 1_000} s`;
    await eventually(t, what, isThere, { withinMs: lockMs + graceMs, ...(death > 1 ? diesAgain : {}) });
    // Later only where other programs have kept the machine busy.
    if (!isSlow())
      t.atMost('the time until the job was taken over', performance.now() - readyAt, lockMs + graceMs, 'ms');
  }
  const others: string[] = [];
  for (let n = 0; n < 4; n++) others.push(await place(t, visitor, newOrder()));
  smtp.release();
  t.trail.begin(`SIGKILL to the worker in the middle of the job, ${deaths} times; then the SMTP server answers`);
  await mustHaveOneEach(t, visitor, smtp, [id, ...others]);
}

const diesAgain = {
  because:
    'The job was taken over before, and now it is not. The app counts the death of a worker as a fault of the job, and has given it up.',
  lookAt: 'how often may a job lose its worker, and what becomes of it then?',
};

const ofMany = ['', '', ', for the second time', ', for the third time'];
