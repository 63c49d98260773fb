import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, wantedCoreMs } from '../harness/sdk/index.ts';
import { messageIdOf, mustHaveOneEach, newOrder, offersOf, place, settledOffers } from './desk.ts';
import { eventually, startInTurn, watchForSlowness } from './patience.ts';
import { mustBeLong } from './pauses.ts';
import { placeRefused, refuseByName } from './refused.ts';

/** More than another worker can do meanwhile: some always wait. */
const many = 30;
/** For each e-mail of that one, so that it has a free hand again and again. */
const slowlyMs = 1_500;
const endWithinMs = 5_000;
/** Longer than a worker waits that ends after five seconds, whatever it does. */
const busyMs = 6_000;
/** A job whose worker no longer says that it lives is taken over before that time is over. */
const lockMs = 3_000;
/** Longer than it takes until the next worker is there. */
const pauseMs = 2_500;
const latencyMs = 150;
/** A worker that waits wants a core for next to no time. A renewal that is late by so much still comes before the lock is over. */
const restsForMost = lockMs / 3;

export function stopBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'worker-stops',
    'SIGTERM ends the worker after the jobs that it has begun, and the next worker does the others',
    {
      because: 'The worker ended in the middle of a job. Each deploy sends e-mails twice, or keeps customers waiting.',
      lookAt: 'what does the worker do on SIGTERM, and what does it wait for before it ends?',
    },
    async (t) => {
      if (process.platform === 'win32') t.skip('Windows has no SIGTERM that a process could answer');
      const [redis, smtp] = await Promise.all([t.startRedis(), t.startSmtp()]);
      const env = {
        REDIS_URL: redis.appUrl,
        SMTP_URL: smtp.url,
        JOB_LOCK_MS: String(lockMs),
        BACKOFF_MS: String(pauseMs),
      };
      const startWorker = () => startInTurn(t, env, { worker: true });
      const [app, worker] = await Promise.all([startInTurn(t, env), startWorker()]);
      const visitor = t.visitor({ at: app });
      refuseByName(smtp, { untilAttempt: 2 });
      let isLeaving = false;
      const under = new Set<string>();
      smtp.hold(({ messageId }) => !isLeaving || under.has(messageId));
      const ids = (await placeRefused(t, visitor, ['451'])).map(({ id }) => id);
      const refused = ids[0] as string;
      while (ids.length < many) ids.push(await place(t, visitor, newOrder()));
      t.trail.begin(`${many} orders, and an SMTP server that takes ${busyMs / 1_000} s`);
      const begun = await settledOffers(t, smtp, 1);
      for (const id of ids) if (offersOf(smtp, id).length > 0) under.add(messageIdOf(id));
      const isSlow = watchForSlowness(t);
      const wantedMs = wantedCoreMs(worker.pid) ?? Number.NaN;
      worker.signal('SIGTERM');
      await delay(100);
      worker.signal('SIGTERM');
      t.step(`SIGTERM to the worker, twice, in the middle of ${begun} e-mails`);
      isLeaving = true;
      smtp.allow(10);
      smtp.setLatency(slowlyMs);
      const other = await startWorker();
      t.step(`another worker is started; JOB_LOCK_MS=${lockMs}`);
      for (const waitMs of [300, busyMs]) {
        await delay(waitMs);
        const hungUp = smtp.abandoned.length > 0;
        t.require(!worker.exited && !hungUp, {
          expected: 'the worker to finish its e-mails first',
          seen: worker.exited ? `it has ended: ${worker.ending()}` : 'its connections to the SMTP server are closed',
        });
      }
      const again = ids.filter((id) => under.has(messageIdOf(id)) && offersOf(smtp, id).length > 1).length;
      // A worker that gets no core can't say that it lives. One that has rested most of the time could have.
      const couldSay = (wantedCoreMs(worker.pid) ?? Number.NaN) - wantedMs < restsForMost;
      if (again > 0 && !couldSay && isSlow()) t.inconclusive('the machine is too busy to tell whose a job was');
      t.require(again === 0, {
        expected: 'each e-mail once at the SMTP server, while the first worker lives',
        seen: `${again} of ${under.size} once more`,
        ...stolenFromTheLeaving,
      });
      // Not SIGKILL: what it has sent and not noted yet might rightly be sent twice.
      other.signal('SIGTERM');
      await eventually(t, 'the other worker to end', () => other.exited, { withinMs: endWithinMs, ...staysUp });
      t.step('SIGTERM to the other worker, too, which ends; then the SMTP server answers the first one');
      const before = smtp.accepted.length;
      // The others would take so long that a worker which goes on with them is seen.
      smtp.setLatency(latencyMs);
      smtp.release();
      const answeredAt = performance.now() + latencyMs;
      await eventually(t, 'the worker to end', () => worker.exited, { withinMs: endWithinMs, ...staysUp });
      const { exitCode } = worker;
      t.require(exitCode === 0, { expected: 'exit code 0', seen: worker.ending() });
      const answered = smtp.accepted.length - before + smtp.refused.length;
      t.require(answered >= begun, { expected: `${begun} e-mails that were under way`, seen: String(answered) });
      t.require(answered <= 2 * begun, {
        expected: 'the other jobs to be left for the next worker',
        seen: `${answered - begun} more e-mails are sent`,
        because: 'The worker went on with jobs that it had not begun. With a long queue it never ends.',
        lookAt: 'what tells the worker not to take another job?',
      });
      smtp.setLatency(0);
      t.step('the next worker is started');
      await startWorker();
      await mustHaveOneEach(t, visitor, smtp, ids);
      t.trail.begin(
        `BACKOFF_MS=${pauseMs}: the SMTP server says 451 to a worker after its SIGTERM; the next one is started`,
      );
      const second = offersOf(smtp, refused)[1];
      if (second) mustBeLong(t, second.atMs - answeredAt, 0, pauseMs, hastyFarewell);
    },
    { further: true, background: true, limitMs: 40_000 },
  );
}

const staysUp = {
  because: 'The worker has its SIGTERM, its jobs are done, and it does not end. A deploy waits, and then kills it.',
  lookAt: 'what keeps the process running: a connection, a timer, or the next jobs?',
};

const stolenFromTheLeaving = {
  because:
    'The worker has its SIGTERM and still waits for the SMTP server. It no longer says that it lives, so another worker has begun its jobs, too. At each deploy, customers get two e-mails.',
  lookAt: 'what does the worker do on SIGTERM before its last jobs are done, and what tells the others that it lives?',
};

const hastyFarewell = {
  because:
    'The SMTP server said 451 to a worker that had its SIGTERM. The next worker did not wait for the end of the pause.',
  lookAt: 'what does a worker that is about to end write down for an e-mail that is to be tried again?',
};
