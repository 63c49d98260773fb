import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, SmtpHandle, Stage } from '../harness/sdk/index.ts';
import { mustHaveOneEach, newOrder, oneEach, place } from './desk.ts';
import { eventually, startInTurn } from './patience.ts';

/** While there is one worker. */
const few = 5;
const many = 20;
/** What looks at the SMTP server now and then has looked. */
const heldMs = 3_500;

export function workerPairBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'two-workers',
    'two workers share the work, with at most SMTP_CONNECTIONS connections each, and send many e-mails over each',
    oneEach,
    async (t) => {
      const [redis, smtp] = await Promise.all([t.startRedis(), t.startSmtp()]);
      const env = { REDIS_URL: redis.appUrl, SMTP_URL: smtp.url, SMTP_CONNECTIONS: '1' };
      const startWorker = () => startInTurn(t, env, { worker: true });
      const [app] = await Promise.all([startInTurn(t, env), startWorker()]);
      const visitor = t.visitor({ at: app });
      const ids: string[] = [];
      const placeMore = async (more: number) => {
        for (let n = 0; n < more; n++) ids.push(await place(t, visitor, newOrder()));
      };
      smtp.hold();
      await placeMore(few);
      t.trail.begin(
        `SMTP_CONNECTIONS=1, an SMTP server that keeps its clients waiting, a worker and ${few} orders; then a second worker`,
      );
      await eventually(t, 'an e-mail under way', () => smtp.offered.length >= 1);
      await startWorker();
      await eventually(t, 'two e-mails under way, one from each', () => smtp.offered.length >= 2, {
        because: 'The first worker has all the jobs, and the second one has nothing to do.',
        lookAt: 'how many jobs does a worker take from the queue before it has done them?',
      });
      // What is turned away may be given up: that is another sentence.
      mustBeFew(t, smtp);
      await placeMore(many - few);
      await delay(heldMs);
      t.step(`that goes on for ${heldMs / 1_000} s`);
      mustBeFew(t, smtp);
      t.trail.begin(`two workers with SMTP_CONNECTIONS=1, and ${many} orders`);
      smtp.setLatency(10);
      smtp.release();
      await mustHaveOneEach(t, visitor, smtp, ids);
      mustBeFew(t, smtp);
      const used = new Set(smtp.accepted.map(({ connection }) => connection)).size;
      t.require(used <= many / 2, {
        expected: `at most ${many / 2} connections for ${many + 1} e-mails`,
        seen: `${used}`,
        because:
          'Each e-mail opens a connection and greets the server again, which takes longer than the e-mail itself.',
        lookAt: 'what closes the connection after an e-mail?',
      });
    },
    { further: true, background: true, limitMs: 30_000 },
  );
}

function mustBeFew(t: Stage, smtp: SmtpHandle): void {
  const { most, turnedAway } = smtp.connections();
  t.require(most <= 2 && turnedAway === 0, {
    expected: 'at most 2 connections to the SMTP server at a time, one of each worker',
    seen: turnedAway > 0 ? `${most}, and ${turnedAway} that it turned away` : String(most),
    because: 'There are more connections than the relay allows. It turns the others away, and those e-mails are late.',
    lookAt:
      'what opens a connection to the SMTP server, for an e-mail or for another reason, and what limits how many there are?',
  });
}
