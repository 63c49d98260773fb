import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { jsonOf } from './ask.ts';
import type { Customer } from './customers.ts';
import { emailOf } from './customers.ts';
import type { Accepted } from './minute.ts';
import { conclude, type Part } from './parts.ts';
import { longestQuietPauseMs } from './quiet-orders.ts';

/** All that was accepted is confirmed by then, on a slow machine too. */
const patienceMs = 15_000;
/** By the contract, and what a busy machine makes of it. */
const retriedWithinMs = 5_000;
const slackMs = 2_000;
const answersWithinMs = 5_000;
const event = 44;

export function emailsPart(part: Part): void {
  part(
    'emails',
    'E-mail',
    {
      points: 10,
      lessons: [14],
      limitMs: 60_000,
      because:
        'The e-mail is sent inside the request. If the relay refuses it, or the process ends, nobody sends it again.',
      lookAt: 'where is it written down that an e-mail is still to be sent, and who sends it?',
    },
    async (t, minute) => {
      const { accepted, customers, happened } = minute;
      if (accepted.length === 0) {
        t.score(0, 'no order was accepted, so there was no e-mail to send', {
          because:
            'Nobody could order in the minute. What stands in the way of that costs other parts their points, too.',
          lookAt: 'which part above says why POST /orders was not answered with 201?',
        });
        return;
      }
      const idOf = (order: Pick<Accepted, 'id'>) => `order-${order.id}@encore.example`;
      const sentTo = () => Map.groupBy(t.smtp.accepted, ({ messageId }) => messageId);
      const missing = (orders: readonly Accepted[]) => {
        const sent = sentTo();
        return orders.filter((order) => !sent.has(idOf(order)));
      };
      for (const until = performance.now() + patienceMs; performance.now() < until; await delay(200))
        if (missing(accepted).length === 0) break;
      // Nobody has tried to send any of them for so long: then it is no matter of time.
      const restsSince = performance.now() - patienceMs / 2;
      const isGivenUp = !t.smtp.offered.some(({ atMs }) => atMs > restsSince);
      await delay(500); // What is sent twice comes a moment later.
      const sent = sentTo();
      const lost = missing(accepted);
      const twice = accepted.filter((order) => (sent.get(idOf(order))?.length ?? 0) > 1);
      // Those that the SMTP server has sent away with 451.
      const refused = new Set(t.smtp.refused.map(({ email }) => email.messageId));
      const late = accepted.filter((order) => {
        const [email] = sent.get(idOf(order)) ?? [];
        return refused.has(idOf(order)) && (email?.atMs ?? 0) > happened.smtpBack + retriedWithinMs + slackMs;
      });
      const astray = accepted.filter((order) =>
        sent.get(idOf(order))?.some(({ to }) => to.join() !== emailOf(order.who)),
      );
      const quietMs = (await longestQuietPauseMs(t)) ?? 0;
      const isQuietLate = quietMs > retriedWithinMs + slackMs;
      const { waits, diedWith } = await afterTheMinute(t, customers);
      const gone = diedWith.length > 0 ? await lostAfterDeath(t, diedWith, missing) : [];
      t.step(
        `${accepted.length} orders accepted in the minute; then an order while SMTP says nothing, and a worker that is killed`,
      );
      const wrong = twice.length + astray.length;
      conclude(t, minute, [
        {
          worth: 0.3,
          timed: !isGivenUp,
          share: Math.max(0, 1 - (lost.length / accepted.length) * 5),
          seen: `${lost.length} of ${accepted.length} accepted orders got no e-mail`,
          good: `each of ${accepted.length} orders got its e-mail`,
        },
        {
          worth: 0.1,
          timed: true,
          share: late.length === 0 && !isQuietLate ? 1 : 0,
          seen: isQuietLate
            ? `when nobody else ordered, an e-mail that was refused with 451 was not tried again for ${(quietMs / 1_000).toFixed(1)} s`
            : `${late.length} of ${refused.size} e-mails that were refused with 451 came later than 5 s after its end`,
          good: `${refused.size} that were refused with 451 came soon after`,
          because: 'What is refused for a moment waits much longer than that moment.',
          lookAt:
            'how long are the pauses between two tries, do they grow without an end, and does only a new order wake whoever looks?',
        },
        {
          worth: 0.25,
          share: wrong === 0 ? 1 : wrong <= 2 ? 0.5 : 0,
          seen:
            astray.length > 0
              ? `${astray.length} e-mails went to somebody else`
              : `${twice.length} orders got theirs more than once`,
          good: 'and only one',
          because:
            astray.length > 0
              ? 'A stranger reads what somebody has ordered, and the customer hears nothing.'
              : 'Somebody sends an e-mail that another sender is sending, or has sent.',
          lookAt:
            astray.length > 0
              ? 'where does the address come from, and what may change it before the e-mail is sent?'
              : 'who may take an e-mail to send, and how do the others know?',
        },
        {
          worth: 0.2,
          share: waits === false ? 1 : 0,
          seen:
            waits === undefined
              ? 'no order could be placed while SMTP said nothing'
              : 'an order was not answered before its e-mail was sent',
          good: 'no answer waits for it',
          because:
            waits === undefined
              ? 'No order was answered with 201 after the minute, so that nothing of this can be seen.'
              : 'A customer waits for the mail relay, and when that is slow the shop is slow.',
        },
        {
          worth: 0.15,
          share: diedWith.length > 0 && gone.length === 0 ? 1 : 0,
          seen:
            diedWith.length === 0
              ? 'nor one whose worker could be killed'
              : `${gone.length} e-mails that a worker had when it was killed were not sent within ${patienceMs / 1_000} s`,
          good: 'none is lost with a worker',
          because: 'What a worker had taken is gone when it dies, or nobody else may take it until much later.',
          lookAt: 'when is an e-mail taken off the list: before it is sent, or after? And how long is it its worker’s?',
        },
      ]);
    },
  );
}

/** An order while SMTP says nothing: whether its answer waits for the e-mail. Then the worker that has it is killed. */
async function afterTheMinute(
  t: Stage,
  customers: readonly Customer[],
): Promise<{ waits: boolean | undefined; diedWith: Accepted[] }> {
  const diedWith: Accepted[] = [];
  let waits: boolean | undefined;
  t.smtp.hold();
  try {
    for (const customer of customers.filter(({ isLoggedIn }) => isLoggedIn).slice(0, 3)) {
      const placing = customer.ask(t.url, { method: 'POST', path: '/orders', json: { event, seats: 1 } });
      const placed = await Promise.race([placing, delay(answersWithinMs)]);
      if (!placed) {
        waits = true;
        t.smtp.release();
        t.smtp.hold();
        await placing;
        continue;
      }
      if (placed.status !== 201) continue;
      waits ??= false;
      const { id, seats } = jsonOf(placed) ?? {};
      diedWith.push({ id, seats, event, who: customer.number });
    }
    await delay(1_000); // The worker is in the middle of one.
    await t.restart('worker');
  } finally {
    t.smtp.release();
  }
  return { waits, diedWith };
}

/** What a dead worker had taken is taken by another one, once it is known that it is dead. */
async function lostAfterDeath(
  t: Stage,
  orders: readonly Accepted[],
  missing: (orders: readonly Accepted[]) => Accepted[],
): Promise<Accepted[]> {
  for (const until = performance.now() + patienceMs; performance.now() < until; await delay(200))
    if (missing(orders).length === 0) return [];
  t.step(`${patienceMs / 1_000} s later`);
  return missing(orders);
}
