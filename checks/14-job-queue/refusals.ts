import { type CheckDefinition, lastAttempt } from '../harness/sdk/index.ts';
import { attemptsAt, emailsOf, untilStatus } from './desk.ts';
import { startInTurn, watchForSlowness } from './patience.ts';
import { longestOf, mustBeLong, mustPause, pausesOf } from './pauses.ts';
import {
  failedEarly,
  gaveUp,
  mustFail,
  mustFailAtSender,
  mustGiveUp,
  mustStayAt,
  placeRefused,
  refuseByName,
} from './refused.ts';

/** As lesson.ts says it. */
const usual = { MAX_ATTEMPTS: 3, BACKOFF_MS: 100 };
/** Other values than in lesson.ts. With these, a pause that is long enough for the last attempt is too long for
 * the first, and one that stops growing is seen. */
const other = { MAX_ATTEMPTS: 6, BACKOFF_MS: 160 };
const slowRounds = 4;
/** A pause that is counted from the start of an attempt would be shorter by that. */
const thinksMs = 200;

/** So many times its limit no machine makes of a pause, again and again. */
const onNoMachine = 3;

/** What the app does when the SMTP server does not take an e-mail. */
export function refusalBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'tries-again',
    'an e-mail that is refused for now (4xx) is tried again with growing pauses, until it is taken',
    {
      because: `A 4xx means: not now. Attempt ${usual.MAX_ATTEMPTS} would have been taken, and nobody has made it.`,
      lookAt: 'what becomes of a job whose e-mail was refused, and when is its next attempt?',
    },
    async (t) => {
      const visitor = t.visitor();
      // On a slow machine even pauses that are too short look long, but not each time.
      const isSlow = watchForSlowness(t);
      for (let round = 1; round === 1 || (round <= slowRounds && isSlow()); round++) {
        refuseByName(t.smtp, { untilAttempt: usual.MAX_ATTEMPTS });
        const refused = await placeRefused(t, visitor, [
          '421',
          '450',
          '451',
          '452',
          '454',
          '471',
          '451-lines',
          '450-alone',
          '450-rcpt',
          '432-rcpt',
          '451-lines-rcpt',
        ]);
        t.trail.begin(
          'the SMTP server refuses e-mails twice, with 421, 450, 451, 452, 454, 471 and 432, after DATA or RCPT TO, in one line or two',
        );
        t.step('then it takes them');
        for (const { id } of refused) await untilStatus(t, visitor, id, 'confirmed', {}, failedEarly);
        for (const { id, email } of refused) {
          const attempts = attemptsAt(t.smtp, id, email);
          mustPause(t, attempts, usual.BACKOFF_MS);
          t.require(attempts.length === usual.MAX_ATTEMPTS && emailsOf(t.smtp, id).length === 1, {
            expected: `${usual.MAX_ATTEMPTS} attempts, of which the last is taken`,
            seen: `${attempts.length} attempts, ${emailsOf(t.smtp, id).length} e-mails taken`,
            because: 'The order is confirmed. Its e-mail was sent once more than it had to be, or was never taken.',
            lookAt: 'who tries an e-mail again, and what does the order wait for before it is confirmed?',
          });
        }
      }
    },
  );

  behaviour(
    'refused-for-good',
    'an e-mail that is refused for good (5xx) is not tried again, and the order is failed, with the reason',
    {
      because:
        'A 5xx means: never. Whoever sends it again will hear the same, and a relay stops listening to clients that do not.',
      lookAt: 'how does a job tell a 5xx from a 4xx?',
    },
    async (t) => {
      const visitor = t.visitor();
      refuseByName(t.smtp);
      const refused = await placeRefused(t, visitor, [
        '500',
        '503',
        '550',
        '552',
        '571',
        '550-lines',
        '550-alone',
        '550-long',
        '552-long-rcpt',
        '503-rcpt',
        '550-rcpt',
        '552-rcpt',
        '550-lines-rcpt',
      ]);
      t.trail.begin(
        'the SMTP server refuses e-mails with 500, 503, 550, 552 and 571, after DATA or RCPT TO, in one line or more',
      );
      for (const one of refused) await mustFail(t, visitor, t.smtp, one, 1);
      for (const one of refused) await mustStayAt(t, visitor, t.smtp, one, 1);
      const later = await placeRefused(t, visitor, ['451-then-550']);
      t.trail.begin('the SMTP server refuses an e-mail with 451, and the next time with 550');
      for (const one of later) await mustFail(t, visitor, t.smtp, one, 2);
      for (const one of later) await mustStayAt(t, visitor, t.smtp, one, 2);
      await mustFailAtSender(t, visitor, t.smtp);
    },
  );

  behaviour(
    'gives-up',
    'after MAX_ATTEMPTS attempts the order is failed, with the SMTP server’s reason',
    gaveUp,
    async (t) => {
      await mustGiveUp(t, t.visitor(), t.smtp, usual.MAX_ATTEMPTS, { atSender: true });
    },
  );

  behaviour(
    'gives-up-as-told',
    'MAX_ATTEMPTS and BACKOFF_MS decide how often and how soon',
    gaveUp,
    async (t) => {
      const [redis, smtp] = await Promise.all([t.startRedis(), t.startSmtp()]);
      const numbers = Object.entries(other).map(([name, value]) => [name, String(value)]);
      const env = { REDIS_URL: redis.appUrl, SMTP_URL: smtp.url, ...Object.fromEntries(numbers) };
      const [app] = await Promise.all([startInTurn(t, env), startInTurn(t, env, { worker: true })]);
      const visitor = t.visitor({ at: app });
      const isSlow = watchForSlowness(t);
      const most = (n: number) => longestOf(other.BACKOFF_MS, n);
      const sumMs = Array.from({ length: other.MAX_ATTEMPTS - 1 }, (_, n) => most(n)).reduce((sum, ms) => sum + ms);
      const withinMs = 1.4 * sumMs; // Each pause is judged below: which of them is too long says more than that all are.
      smtp.setLatency(thinksMs);
      const pausesAfterAnswers = (attempts: number[]) => {
        const { length } = attempts;
        // One that goes on is as long as it has been so far.
        const goesOn = length > 0 && length < other.MAX_ATTEMPTS;
        return pausesOf(goesOn ? [...attempts, performance.now()] : attempts).map((pause) => pause - thinksMs);
      };
      const isTooLong = (pauses: number[], times = 1) => pauses.some((pause, n) => pause > times * most(n));
      const isEnough = (attempts: number[]) => isTooLong(pausesAfterAnswers(attempts), isSlow() ? onNoMachine : 1);
      const pauses = await lastAttempt(
        async () => pausesAfterAnswers(await mustGiveUp(t, visitor, smtp, other.MAX_ATTEMPTS, { withinMs, isEnough })),
        (pauses) => !isTooLong(pauses),
      );
      if (isTooLong(pauses) && !isTooLong(pauses, onNoMachine) && isSlow())
        t.inconclusive('the machine is too busy to tell how long the pauses were');
      t.trail.begin(`BACKOFF_MS=${other.BACKOFF_MS}: the SMTP server always says 451, after ${thinksMs} ms`);
      for (const [n, pause] of pauses.entries()) {
        mustBeLong(t, pause, n, other.BACKOFF_MS);
        t.atMost(`the pause before attempt ${n + 2}`, pause, most(n), 'ms');
      }
    },
    { background: true, limitMs: 40_000 },
  );
}
