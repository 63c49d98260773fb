import {
  type CheckDefinition,
  lastAttempt,
  type Refusal,
  type SmtpHandle,
  type Stage,
  type Visitor,
} from '../harness/sdk/index.ts';
import { emailsOf, newOrder, offersOf, place, untilStatus } from './desk.ts';
import { eventually, startInTurn, watchForSlowness } from './patience.ts';

/** As lesson.ts says it, and other values for an app that has the right ones by chance. */
const usual = { MAX_ATTEMPTS: 4, BACKOFF_MS: 100 };
const other = { MAX_ATTEMPTS: 3, BACKOFF_MS: 400 };
/** A timer may be a little early, and what looks for due jobs a little late. */
const shareOfPause = 0.9;
const latenessMs = 1_000;
const slowRounds = 4;

type Code = Exclude<Refusal, 'drop'>['code'];

/** What the app does when the SMTP server does not take an e-mail. */
export function refusalBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'tries-again',
    'an e-mail that is refused for now (4xx) is tried again with growing pauses, until it is taken',
    {
      because: 'A 4xx means: not now. The e-mail would have been taken later, and nobody sent it again.',
      lookAt: 'what becomes of a job whose e-mail was refused, and when is its next attempt?',
    },
    async (t) => {
      const visitor = t.visitor();
      // On a slow machine even pauses that are too short look long, but not each time.
      const isSlow = watchForSlowness(t);
      for (let round = 1; round === 1 || (round <= slowRounds && isSlow()); round++) {
        refuseByName(t.smtp, { untilAttempt: 3 });
        const ids: string[] = [];
        for (const code of [450, 451, 452] as const)
          ids.push(await place(t, visitor, newOrder({ email: emailFor(code) })));
        t.trail.begin('the SMTP server refuses three e-mails twice, with 450, 451 and 452, and then takes them');
        for (const id of ids) await untilStatus(t, visitor, id, 'confirmed');
        for (const id of ids) {
          mustPause(t, t.smtp, id, usual.BACKOFF_MS);
          t.require(offersOf(t.smtp, id).length === 3 && emailsOf(t.smtp, id).length === 1, {
            expected: '3 attempts, of which the last is taken',
            seen: `${offersOf(t.smtp, id).length} attempts, ${emailsOf(t.smtp, id).length} e-mails taken`,
          });
        }
      }
    },
  );

  behaviour('gives-up', 'after MAX_ATTEMPTS attempts the order is failed, with the SMTP server’s reason', gaveUp, (t) =>
    mustGiveUp(t, t.visitor(), t.smtp, usual),
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
      await mustGiveUp(t, t.visitor({ at: app }), smtp, other);
    },
    { background: true, limitMs: 30_000 },
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
      const ids: [string, Code][] = [];
      for (const code of [550, 552, 554] as const)
        ids.push([await place(t, visitor, newOrder({ email: emailFor(code) })), code]);
      t.trail.begin('the SMTP server refuses three e-mails, with 550, 552 and 554');
      for (const [id, code] of ids) await mustFail(t, visitor, id, code);
      await mustStayAt(t, visitor, t.smtp, ids, 1);
    },
  );
}

const gaveUp = {
  because: 'The SMTP server refuses the e-mail each time, and what the app does about it is not what it was told.',
  lookAt: 'where do the number of attempts and the pauses between them come from?',
};

async function mustGiveUp(t: Stage, visitor: Visitor, smtp: SmtpHandle, numbers: typeof usual): Promise<void> {
  const { MAX_ATTEMPTS, BACKOFF_MS } = numbers;
  refuseByName(smtp);
  const isSlow = watchForSlowness(t);
  const pauses = MAX_ATTEMPTS - 1;
  const longestMs = 2 * (2 ** pauses - 1) * BACKOFF_MS + pauses * latenessMs;
  const [id, tookMs] = await lastAttempt(
    async () => {
      t.trail.begin();
      const id = await place(t, visitor, newOrder({ email: emailFor(451) }));
      t.trail.begin(`MAX_ATTEMPTS=${MAX_ATTEMPTS}, BACKOFF_MS=${BACKOFF_MS}: the SMTP server always says 451`);
      const offers = () => offersOf(smtp, id);
      await eventually(t, `${MAX_ATTEMPTS} attempts`, () => offers().length >= MAX_ATTEMPTS, {
        withinMs: 2 * longestMs,
      });
      const at = offers().map(({ atMs }) => atMs);
      return [id, (at[MAX_ATTEMPTS - 1] as number) - (at[0] as number)] as const;
    },
    ([, tookMs]) => tookMs <= longestMs,
  );
  if (tookMs > longestMs && isSlow()) t.inconclusive('the machine is too busy to tell how long the pauses were');
  t.atMost(`the time from the first attempt to number ${MAX_ATTEMPTS}`, tookMs, longestMs, 'ms');
  mustPause(t, smtp, id, BACKOFF_MS);
  await mustFail(t, visitor, id, 451);
  await mustStayAt(t, visitor, smtp, [[id, 451]], MAX_ATTEMPTS);
}

/** Each pause at least twice the one before: that is what a server needs which can't keep up. */
function mustPause(t: Stage, smtp: SmtpHandle, id: string, backoffMs: number): void {
  const at = offersOf(smtp, id).map(({ atMs }) => atMs);
  for (const [n, from] of at.slice(0, -1).entries()) {
    const pauseMs = (at[n + 1] as number) - from;
    const leastMs = backoffMs * 2 ** n;
    t.require(pauseMs >= shareOfPause * leastMs, {
      expected: `a pause of at least ${leastMs} ms before attempt ${n + 2}`,
      seen: `${Math.round(pauseMs)} ms`,
      because:
        'The SMTP server has said that it can’t just now. All the e-mails that it refused come back at once, and keep it busy.',
      lookAt: 'how long does a job wait before its next attempt, and how long before the one after that?',
    });
  }
}

async function mustFail(t: Stage, visitor: Visitor, id: string, code: Code): Promise<void> {
  const { json, text } = await untilStatus(t, visitor, id, 'failed');
  t.require(String(json.reason ?? '').includes(reasonOf(code)), {
    step: { what: `GET /orders/${id}`, answer: '200, failed' },
    expected: `"reason" with what the SMTP server said: ${code} ${reasonOf(code)}`,
    seen: text,
    because: 'Somebody has to look at the order, and what the SMTP server said is not there any more.',
    lookAt: 'what is kept of the error when an order fails?',
  });
}

/** Whatever is tried again has come when later orders have been through. */
async function mustStayAt(
  t: Stage,
  visitor: Visitor,
  smtp: SmtpHandle,
  failed: [string, Code][],
  attempts: number,
): Promise<void> {
  const before = t.trail.length;
  for (let n = 0; n < 2; n++) {
    const later = await place(t, visitor, newOrder());
    await untilStatus(t, visitor, later, 'confirmed');
  }
  t.trail.retell(before);
  for (const [id, code] of failed) {
    const offers = offersOf(smtp, id).length;
    t.require(offers === attempts, {
      expected: `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} at the e-mail that is answered ${code}`,
      seen: `${offers}`,
    });
  }
}

const emailFor = (code: Code) => `refused-${code}.${Math.random().toString(36).slice(2, 8)}@example.org`;
const reasonOf = (code: Code) => `sorry, ${code * 7}`;

/** Refuses the e-mails whose address says so. */
function refuseByName(smtp: SmtpHandle, { untilAttempt = Number.POSITIVE_INFINITY } = {}): void {
  smtp.refuse(({ to }, attempt) => {
    const code = Number(/^refused-(\d+)/.exec(to[0] ?? '')?.[1]) as Code;
    return code && attempt < untilAttempt ? { code, text: reasonOf(code) } : undefined;
  });
}
