import type { CheckDefinition, Stage, Visitor } from '../harness/sdk/index.ts';
import { attemptsAt, emailsOf, mustHaveOneEach, newOrder, place, untilStatus } from './desk.ts';
import { mustPause } from './pauses.ts';
import { placeRefused, refuseByName } from './refused.ts';

/** As lesson.ts says it. */
const maxAttempts = 3;
const backoffMs = 100;

/** An attempt that ends without an answer of the SMTP server. */
export function breakBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'breaks-off',
    'a connection to the SMTP server that breaks, or can’t be made, is an attempt like any other, with its pause',
    {
      because:
        'A connection that breaks says nothing about the e-mail. The app has taken it for a refusal for good, or has sent the e-mail again past its pauses.',
      lookAt: 'what does the app make of an error that has no code of the SMTP server?',
    },
    async (t) => {
      const visitor = t.visitor();
      t.smtp.refuse(({ to }, attempt) => {
        const [, breaks = '0'] = /^breaks-(\d+)/.exec(to[0] ?? '') ?? [];
        return attempt <= Number(breaks) ? 'drop' : undefined;
      });
      const twice = newOrder({ email: 'breaks-2.ada@example.org' });
      const always = newOrder({ email: 'breaks-99.ada@example.org' });
      const ids = [await place(t, visitor, twice), await place(t, visitor, always)] as const;
      t.trail.begin('the SMTP server breaks the connection in the middle of an e-mail, twice');
      await untilStatus(t, visitor, ids[0], 'confirmed');
      const attempts = attemptsAt(t.smtp, ids[0], twice.email);
      mustPause(t, attempts, backoffMs);
      t.require(attempts.length === 3 && emailsOf(t.smtp, ids[0]).length === 1, {
        expected: '3 attempts, of which the last is taken',
        seen: `${attempts.length} attempts`,
      });
      t.trail.begin(`the SMTP server always breaks the connection, MAX_ATTEMPTS=${maxAttempts}`);
      await untilStatus(t, visitor, ids[1], 'failed');
      const { length } = attemptsAt(t.smtp, ids[1], always.email);
      t.require(length === maxAttempts, { expected: `${maxAttempts} attempts`, seen: String(length) });
      await endsConnections(t, visitor);
      await refusesConnections(t, visitor);
    },
    { further: true },
  );

  behaviour(
    'poison',
    'an order whose e-mail can’t be written is failed, and the others don’t wait for it',
    {
      because: 'One job that can never be done keeps the worker busy, or ends it, and the orders behind it wait.',
      lookAt:
        'what becomes of a job that throws something which is no answer of the SMTP server, and where does it go meanwhile?',
    },
    async (t) => {
      const visitor = t.visitor();
      const poison: string[] = [];
      for (let n = 0; n < 4; n++) poison.push(await place(t, visitor, newOrder({ event: 'secret-show' })));
      const others = [await place(t, visitor, newOrder()), await place(t, visitor, newOrder())];
      t.trail.begin('four orders for secret-show, for which letter.ts throws, and two others');
      await mustHaveOneEach(t, visitor, t.smtp, others);
      for (const id of poison) await untilStatus(t, visitor, id, 'failed');
      t.require(!t.worker().exited, { expected: 'the worker to go on', seen: t.worker().ending() });
    },
    { further: true },
  );
}

/** A connection that has brought an e-mail before and is closed at the next one: some SMTP clients take another by themselves. */
async function endsConnections(t: Stage, visitor: Visitor): Promise<void> {
  refuseByName(t.smtp);
  t.trail.begin();
  await untilStatus(t, visitor, await place(t, visitor, newOrder()), 'confirmed');
  for (const { id, email } of await placeRefused(t, visitor, ['421-rcpt'])) {
    t.trail.begin(`the SMTP server always says 421 to the recipient, and hangs up; MAX_ATTEMPTS=${maxAttempts}`);
    await untilStatus(t, visitor, id, 'failed');
    const attempts = attemptsAt(t.smtp, id, email);
    t.require(attempts.length === maxAttempts, {
      expected: `${maxAttempts} attempts`,
      seen: String(attempts.length),
      ...(attempts.length > maxAttempts ? triesByItself : {}),
    });
    mustPause(t, attempts, backoffMs);
  }
}

const triesByItself = {
  because:
    'Something below the queue sends the e-mail again when its connection is closed. Those attempts are not counted, and have no pause.',
  lookAt:
    'what does the pool of connections do with an e-mail whose connection ends, and which of its options says how often?',
};

/** Its attempts are not seen. But an order that fails before all the pauses are over has not been tried so often. */
async function refusesConnections(t: Stage, visitor: Visitor): Promise<void> {
  t.trail.begin();
  await t.smtp.cut();
  try {
    const placedAt = performance.now();
    const id = await place(t, visitor, newOrder());
    t.trail.begin(`nobody listens at SMTP_URL, MAX_ATTEMPTS=${maxAttempts}`);
    await untilStatus(t, visitor, id, 'failed');
    const tookMs = performance.now() - placedAt;
    const pausesMs = backoffMs * (2 ** (maxAttempts - 1) - 1);
    t.require(tookMs >= 0.9 * pausesMs, {
      expected: `the order to fail after ${maxAttempts} attempts, with pauses of ${pausesMs} ms`,
      seen: `it failed after ${Math.round(tookMs)} ms`,
    });
  } finally {
    await t.smtp.restore();
  }
  t.trail.begin('the SMTP server is back');
  await mustHaveOneEach(t, visitor, t.smtp, [await place(t, visitor, newOrder())]);
}
