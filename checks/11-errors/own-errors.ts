import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, seen } from './ask.ts';
import { askAll, askWhileLate, waitsTooLong } from './late.ts';
import { mustBeProblem, unavailable } from './problem.ts';
import { rigaOrder, withoutPlan } from './provoke.ts';

/** The app waits for SUPPLIER_TIMEOUT_MS, which is 1.5 s. */
const lateWithinMs = 4_000;

export function ownErrorBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'own-errors',
    'what the app does wrong is a 500, as a problem, whether a handler throws, rejects, or reads a file',
    {
      because: 'An error of the app’s own reached the client in another way than through the error handler.',
      lookAt: 'how does an error get from this handler to the error handler: thrown, rejected, or emitted by a stream?',
    },
    async (t) => {
      const app = t.app();
      for (let time = 0; time < 2; time++) {
        t.trail.begin();
        mustBeProblem(t, await ask(t, app, 'GET', '/fees/riga'), [500]);
        t.trail.begin(`POST /orders ${JSON.stringify(rigaOrder)}: riga has no fee yet`);
        mustBeProblem(t, await ask(t, app, 'POST', '/orders', { body: rigaOrder }), [500]);
        t.trail.begin('PLAN_FILE is a link that nobody can open');
        await withoutPlan(t, 'loop', async () => mustBeProblem(t, await ask(t, app, 'GET', '/plan'), [404, 500]));
        t.trail.begin('PLAN_FILE is missing');
        await withoutPlan(t, 'nothing', async () => mustBeProblem(t, await ask(t, app, 'GET', '/plan'), [404, 500]));
        t.trail.begin('PLAN_FILE is a folder');
        await withoutPlan(t, 'folder', async () => mustBeProblem(t, await ask(t, app, 'GET', '/plan'), [404, 500]));
      }
      t.trail.begin('PLAN_FILE is back');
      const after = await ask(t, app, 'GET', '/plan');
      t.require(after.status === 200, { expected: '200', seen: seen(after) });
    },
  );

  behaviour(
    'supplier-errors',
    'a supplier that fails or is late is a 502, 503 or 504, as a problem',
    {
      because:
        'The supplier failed, and the answer says something else. Whoever is on call looks for the fault in the wrong place.',
      lookAt: 'where does an error of the supplier get its status, and what if it is not one of HTTP at all?',
    },
    async (t) => {
      const app = t.app();
      for (const how of [500, 503, 302, 400, 401, 403, 409, 429, 'refuse', 'cut', 'garbage'] as const) {
        const what = typeof how === 'number' ? `the supplier answers ${how} to everything` : inWords[how];
        t.trail.begin(what);
        await t.supplier.fail({ how });
        for (const reply of await askAll(t, app)) mustBeProblem(t, reply, unavailable);
        await t.supplier.heal();
      }
      for (const body of somethingElse) {
        t.trail.begin(`the supplier answers 200 with ${body === '' ? 'an empty body' : `the body ${body}`}`);
        await t.supplier.fail({ how: 'body', body });
        for (const reply of await askAll(t, app)) mustBeProblem(t, reply, unavailable, notWhatWasAsked);
        await t.supplier.heal();
      }
      t.trail.begin('the supplier answers 404 to its lists, which it has');
      await t.supplier.fail({ how: 404, route: 'GET /events' });
      mustBeProblem(t, await ask(t, app, 'GET', '/export/oslo'), unavailable);
      await t.supplier.heal();
      t.trail.begin('the supplier gives no answer, stops in the middle of one, or sends a space every 100 ms');
      const { replies: late } = await askWhileLate(t, app);
      for (const reply of late) mustBeProblem(t, reply, unavailable);
      t.atMost(
        'an answer while the supplier gives none, half of one, or a drop at a time (SUPPLIER_TIMEOUT_MS=1500)',
        Math.max(...late.map(({ ms }) => ms)),
        lateWithinMs,
        'ms',
        waitsTooLong,
      );
      t.trail.begin('the supplier is well again');
      const after = await ask(t, app, 'GET', '/events/1');
      t.require(after.status === 200, { expected: '200', seen: seen(after) });
    },
  );
}

/** In place of an event or a page of them. */
const somethingElse = ['null', '[]', '7', '""', '', '{}', '{"error":"out of order"}'];

const notWhatWasAsked = {
  because:
    'The supplier said 200 and sent something that is not what it was asked for. That is a failure of the supplier, and the answer says something else. What is taken for an event is shown, or even sold.',
  lookAt: 'what does the app know of the body of a 200 when it reads its first field?',
};

const inWords = {
  refuse: 'the supplier is away',
  cut: 'the supplier breaks off in the middle of its answers',
  garbage: 'the supplier answers 200 with a page of HTML',
};
