import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage, SupplierHandle } from '../harness/sdk/index.ts';
import { ask, seen, serves } from './ask.ts';
import { askWhileLate, lates } from './late.ts';
import lesson from './lesson.ts';
import { elsewhere, errorLine, isLevel, type LogWatch, linesOf, newId, textOf, watchLog } from './log.ts';
import { order } from './provoke.ts';

/** More than most would retry, a second and a half of them. */
const failures = 12;
const token = lesson.env.SUPPLIER_TOKEN ?? '';

const refused = {
  500: 'the supplier answers 500 to GET /stats',
  garbage: 'the supplier answers GET /stats with a page of HTML',
  hang: 'the supplier gives no answer to GET /stats; SUPPLIER_TIMEOUT_MS is 1500',
  body: 'the supplier answers GET /stats with {}, in which there are no seats',
};

/** What fails when nobody waits for it any more. */
export function afterwardsBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'after-the-answer',
    'an audit that fails after the answer is logged with the id of its request, and the app lives',
    {
      because: 'The order was sold, and the log does not say that the box office has not heard of it.',
      lookAt: 'who waits for the audit call, and what becomes of it when it rejects?',
    },
    async (t) => {
      const app = t.app();
      const watch = watchLog(app);
      const ids = new Set<string>();
      const orderWith = async (id: string) => {
        ids.add(id);
        const reply = await ask(t, app, 'POST', '/orders', { body: order, headers: { 'x-request-id': id } });
        t.require(reply.status === 201 && reply.whole, {
          expected: '201: the order is sold, whatever becomes of the audit',
          seen: seen(reply),
          because:
            'The customer waits for a call that is none of their business, or is told that their order has failed.',
          lookAt: 'what comes first, the answer or the audit, and does one wait for the other?',
        });
      };
      const mustBeLogged = (id: string) =>
        errorLine(
          t,
          watch,
          `a line of level error with id “${id}” and the stack of what failed`,
          (line) => line.id === id && isLevel(line, 'error'),
          () => elsewhere(t, watch, (line) => line.id === id || !ids.has(String(line.id))),
        );
      for (const how of [500, 409, 404, 302] as const) {
        t.trail.begin(`the supplier answers ${how} to POST /audit`);
        const refused = newId('audit');
        await t.supplier.fail({ how, route: 'POST /audit' });
        await orderWith(refused);
        await mustBeLogged(refused);
      }
      const { auditIsLogged } = lates.get(app) ?? (await askWhileLate(t, app));
      t.trail.begin('the supplier gives no answer to POST /audit, for longer than SUPPLIER_TIMEOUT_MS');
      t.require(auditIsLogged, {
        expected: 'a line of level error with the id of the order, when that time is over',
        seen: 'none',
        because: 'The audit waits for ever. The box office has not heard of the order, and nobody has heard of that.',
        lookAt: 'after how long does the app give up a POST /audit that has no answer?',
      });
      t.trail.begin('the supplier breaks off both of two calls to POST /audit');
      await t.supplier.heal();
      await t.supplier.reset();
      await t.supplier.fail({ how: 'hang', route: 'POST /audit' });
      const held = [newId('audit'), newId('audit')];
      await Promise.all(held.map(orderWith));
      await t.until('both audits to reach the supplier', async () => (await t.supplier.calls())['POST /audit'] >= 2);
      await t.supplier.heal();
      for (const id of held) await mustBeLogged(id);
      t.trail.begin('afterwards');
      const after = await ask(t, app, 'GET', '/events/1');
      t.require(after.status === 200, { expected: '200', seen: seen(after) });
    },
    { limitMs: 30_000 },
  );

  behaviour(
    'refresh',
    'a refresh of the seats that fails is logged, and the next one counts again',
    {
      because:
        'The refresh failed, and there is no line about it. The number of seats is from then on an old one, and nobody knows.',
      lookAt: 'who catches what the refresh throws, and is it called again afterwards?',
    },
    async (t) => {
      const supplier = await t.startSupplier({ latencyMs: 0, atOnce: 20 });
      const app = await t.startExtra({ env: { SUPPLIER_URL: supplier.url, REFRESH_MS: '100' } });
      await serves(t, app);
      for (const how of ['garbage', 500, 'body', 'hang'] as const) {
        t.trail.begin(refused[how]);
        const watch = watchLog(app);
        await supplier.fail({ how, body: '{}', route: 'GET /stats' });
        await errorLine(
          t,
          watch,
          'a line of level error with the stack of what failed',
          (line) => isLevel(line, 'error'),
          () => elsewhere(t, watch),
        );
        if (how === 'garbage' || how === 500) await mustGoOnFailing(t, watch, supplier);
        t.require(!textOf(watch).includes(token), {
          expected: 'no secret in what the app prints',
          seen: 'the supplier’s token',
          because:
            'What is in the log is read by everybody on call, and kept for months. A secret in it has to be changed.',
          lookAt: 'which properties does an error of the supplier have, and which of them does this line print?',
        });
        await supplier.heal();
        const before = await seats(t, app);
        const event = await supplier.event('1');
        await supplier.change('1', { seatsLeft: (event?.seatsLeft ?? 0) + 1_000 });
        t.trail.begin('the supplier is well again, and has 1,000 seats more');
        let now = before;
        for (const until = performance.now() + 8_000; now === before && performance.now() < until; await delay(50))
          now = await seats(t, app);
        t.require(now !== before, {
          expected: 'GET /seats to say so, with REFRESH_MS=100',
          seen: `${before}, which has not changed since`,
          because:
            'One refresh has failed, and there was none after it. The number of seats stays what it was, until somebody restarts the app.',
        });
      }
    },
    { limitMs: 30_000, background: true },
  );
}

/** Long enough for an app that has had enough of it: one that logs no more, or one that asks no more. */
async function mustGoOnFailing(t: Stage, watch: LogWatch, supplier: SupplierHandle): Promise<void> {
  const logged = () => linesOf(t, watch).filter((line) => isLevel(line, 'error')).length;
  const until = performance.now() + 10_000;
  while (logged() < failures && performance.now() < until) await delay(50);
  t.require(logged() >= failures, {
    step: 'the supplier fails on, with REFRESH_MS=100',
    expected: `a line of level error for each of ${failures} refreshes that fail`,
    seen: `${logged()} within 10 s, with ${(await supplier.calls())['GET /stats']} calls of GET /stats in all`,
    because:
      'An outage lasts longer than one refresh. Without a line for each, nobody sees whether it goes on, or that the app has given up.',
    lookAt: 'what changes in the app after the first failures: what it logs, or whether it asks again?',
  });
}

async function seats(t: Stage, app: Instance): Promise<unknown> {
  const before = t.trail.length;
  const { json } = await ask(t, app, 'GET', '/seats');
  t.trail.retell(before);
  return json?.seatsLeft;
}
