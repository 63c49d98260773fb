import { setTimeout as delay } from 'node:timers/promises';
import {
  type CheckDefinition,
  type Instance,
  lastAttempt,
  type SmtpHandle,
  type Stage,
  type Visitor,
} from '../harness/sdk/index.ts';
import { mustHaveOneEach, offersOf, untilStatus } from './desk.ts';
import { eventually, startInTurn } from './patience.ts';
import { mustBeLong, pausesOf } from './pauses.ts';
import { placeRefused, refuseByName } from './refused.ts';
import { placeAtOnce } from './take-over.ts';

const lockMs = 900;
const graceMs = 2_000;
/**
 * As many as a worker has connections, so that it is busy with all its hands, and fewer than the SMTP server has: a second worker
 * that takes one of them must reach it.
 */
const many = 3;
/** Until somebody has looked for jobs whose lock has expired, also when it was renewed a few times only. */
const slowMs = 5 * lockMs + 900;
/** The workers die in the pause between two attempts, when the first one has long been noted. */
const maxAttempts = 2;
/** Longer than it takes until a job is taken over: who keeps its pause to itself is too early then. */
const pauseMs = 4_500;
const notedWithinMs = 300;
/** It may be taken over first, and then wait for all of its pause. */
const failedWithinMs = lockMs + graceMs + 2 * pauseMs + 2_000;

interface Desk {
  visitor: Visitor;
  smtp: SmtpHandle;
  workers: Instance[];
  startWorker(): Promise<Instance>;
}

/** Whose a job is: its worker's as long as that lives, and in a pause nobody's. */
export function ownerBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'slow-job',
    'a job that takes longer than JOB_LOCK_MS stays with its worker while that lives, and its attempts count when that dies',
    {
      because:
        'A second worker has taken a job whose first worker was still busy with it. When the SMTP server is slow, every customer gets each e-mail twice.',
      lookAt: 'how does a worker say that it still lives, and how often?',
    },
    async (t) => {
      const [redis, smtp] = await Promise.all([t.startRedis(), t.startSmtp()]);
      const env = {
        REDIS_URL: redis.appUrl,
        SMTP_URL: smtp.url,
        JOB_LOCK_MS: String(lockMs),
        MAX_ATTEMPTS: String(maxAttempts),
        BACKOFF_MS: String(pauseMs),
        SMTP_CONNECTIONS: String(many),
      };
      const start = (worker: boolean) => startInTurn(t, env, { worker, isUrgent: true });
      const startWorker = () => start(true);
      const [app, worker] = await Promise.all([start(false), startWorker()]);
      const desk = { visitor: t.visitor({ at: app }), smtp, workers: [worker], startWorker };
      await mustStay(t, desk);
      await mustCount(t, desk);
    },
    { background: true, limitMs: 50_000 },
  );
}

async function mustStay(t: Stage, { visitor, smtp, workers, startWorker }: Desk): Promise<void> {
  // A worker that gets no core can't say that it lives, so on a busy machine it may lose its job once.
  const [ids, most] = await lastAttempt(
    async () => {
      for (const other of workers.splice(1)) await other.kill();
      t.trail.begin(`JOB_LOCK_MS=${lockMs}, SMTP_CONNECTIONS=${many}; the SMTP server takes ${slowMs / 1_000} s`);
      smtp.hold();
      const ids = await placeAtOnce(t, smtp, visitor, many);
      workers.push(await startWorker());
      t.step(`a worker has ${ids.length > 1 ? `${ids.length} jobs` : 'a job'}; a second worker is started`);
      await delay(slowMs);
      const offers = ids.map((id) => offersOf(smtp, id).length);
      smtp.release();
      return [ids, Math.max(...offers)] as const;
    },
    ([, most]) => most === 1,
  );
  t.require(most === 1, { expected: 'each e-mail once at the SMTP server', seen: `one of them ${most} times` });
  await mustHaveOneEach(t, visitor, smtp, [...ids]);
}

async function mustCount(t: Stage, { visitor, smtp, workers, startWorker }: Desk): Promise<void> {
  let living = workers;
  refuseByName(smtp);
  const attempts = await lastAttempt(
    async () => {
      t.trail.begin();
      const ids = (await placeRefused(t, visitor, ['451', '451'])).map(({ id }) => id);
      t.trail.begin(`MAX_ATTEMPTS=${maxAttempts}, BACKOFF_MS=${pauseMs}: the SMTP server says 451 to two e-mails`);
      for (const id of ids) await eventually(t, 'the first attempt', () => offersOf(smtp, id).length > 0);
      await delay(notedWithinMs);
      const [next] = await Promise.all([startWorker(), ...living.map((worker) => worker.kill())]);
      living = [next];
      t.trail.retell(1, 'SIGKILL to all workers in the pause before the second attempt; another one is there');
      for (const id of ids) await untilStatus(t, visitor, id, 'failed', { withinMs: failedWithinMs, ...lostInPause });
      return ids.map((id) => offersOf(smtp, id).map(({ atMs }) => atMs));
    },
    (attempts) => attempts.every(({ length }) => length === maxAttempts),
  );
  for (const { length: count } of attempts)
    t.require(count === maxAttempts, {
      expected: `${maxAttempts} attempts in all`,
      seen: String(count),
      ...(count > maxAttempts ? countsAnew : lostInPause),
    });
  for (const one of attempts) for (const pause of pausesOf(one)) mustBeLong(t, pause, 0, pauseMs, pauseLost);
}

const lostInPause = {
  because: 'The worker died while an e-mail waited for its next attempt, and that attempt was never made.',
  lookAt: 'where does a job wait in its pause, and who looks there when the worker is dead?',
};

const pauseLost = {
  because:
    'The worker died while an e-mail waited for its next attempt. The next worker did not wait for the end of that pause, or no pause here is ever that long.',
  lookAt:
    'where is it written down when the next attempt is due, who reads that when the worker is dead, and is there a longest pause?',
};

const countsAnew = {
  because:
    'MAX_ATTEMPTS counts all attempts at an e-mail, and here they were counted anew when the worker died. An e-mail that brings its worker down is tried for ever.',
  lookAt: 'where are the attempts counted, and what is left of the count when the worker is dead?',
};
