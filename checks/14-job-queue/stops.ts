import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition } from '../harness/sdk/index.ts';
import { mustHaveOneEach, newOrder, place, settledOffers } from './desk.ts';
import { eventually, startInTurn } from './patience.ts';

const many = 24;
const endWithinMs = 5_000;
/** Longer than a worker waits that ends after five seconds, whatever it does. */
const busyMs = 6_000;

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
      const env = { REDIS_URL: redis.appUrl, SMTP_URL: smtp.url };
      const startWorker = () => startInTurn(t, env, { worker: true });
      const [app, worker] = await Promise.all([startInTurn(t, env), startWorker()]);
      const visitor = t.visitor({ at: app });
      smtp.hold();
      const ids: string[] = [];
      for (let n = 0; n < many; n++) ids.push(await place(t, visitor, newOrder()));
      t.trail.begin(`${many} orders, and an SMTP server that takes ${busyMs / 1_000} s`);
      const begun = await settledOffers(t, smtp, 1);
      worker.signal('SIGTERM');
      await delay(100);
      worker.signal('SIGTERM');
      t.step(`SIGTERM to the worker, twice, in the middle of ${begun} e-mails`);
      for (const waitMs of [300, busyMs]) {
        await delay(waitMs);
        t.require(!worker.exited && smtp.connections().now > 0, {
          expected: 'the worker to finish its e-mails first',
          seen: worker.exited ? `it has ended: ${worker.ending()}` : 'its connections to the SMTP server are closed',
        });
      }
      // The others would take so long that a worker which goes on with them is seen.
      smtp.setLatency(150);
      smtp.release();
      await eventually(t, 'the worker to end', () => worker.exited, {
        withinMs: endWithinMs,
        because:
          'The worker has its SIGTERM, its jobs are done, and it does not end. A deploy waits, and then kills it.',
        lookAt: 'what keeps the process running: a connection, a timer, or the next jobs?',
      });
      const { exitCode } = worker;
      t.require(exitCode === 0, { expected: 'exit code 0', seen: worker.ending() });
      const taken = smtp.accepted.length;
      t.require(taken >= begun, { expected: `${begun} e-mails taken that were under way`, seen: String(taken) });
      const left = many - new Set(smtp.accepted.map(({ messageId }) => messageId)).size;
      t.require(left > many / 3, {
        expected: 'the other jobs to be left for the next worker',
        seen: `${many - left} of ${many} e-mails are sent`,
        because: 'The worker went on with jobs that it had not begun. With a long queue it never ends.',
        lookAt: 'what tells the worker not to take another job?',
      });
      smtp.setLatency(0);
      t.step('another worker is started');
      await startWorker();
      await mustHaveOneEach(t, visitor, smtp, ids);
    },
    { further: true, background: true, limitMs: 40_000 },
  );
}
