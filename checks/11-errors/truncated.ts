import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, seen } from './ask.ts';
import { errorLine, newId, watchLog } from './log.ts';
import { mustBeProblem, unavailable } from './problem.ts';

const inWords = {
  500: 'the supplier answers 500 from its second page on',
  cut: 'the supplier breaks off in the middle of its second page',
  garbage: 'the supplier answers with HTML from its second page on',
  hang: 'the supplier does not answer for its second page',
};

export function truncatedBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'truncated',
    'an export whose source fails in the middle does not look whole',
    {
      because: 'The answer is a 200 with a proper end, and a part of the events is missing. Nobody will ever notice.',
      lookAt: 'the status is sent already when the source fails: how can the client still be told?',
    },
    async (t) => {
      const app = t.app();
      for (const how of [500, 'cut', 'garbage', 'hang'] as const) {
        const id = newId('export');
        const watch = watchLog(app);
        t.trail.begin(inWords[how]);
        await t.supplier.fail({ how, route: 'GET /events', after: 1 });
        const reply = await ask(t, app, 'GET', '/export/oslo', { headers: { 'x-request-id': id } });
        await t.supplier.heal();
        // An app that has all pages before it begins can still say it with a status.
        if (reply.whole && reply.status !== 200) mustBeProblem(t, reply, unavailable);
        const lines = reply.text.split('\n').filter(Boolean).length;
        t.require(!reply.whole || reply.status !== 200, {
          expected: 'a connection that breaks, or a problem',
          seen: `200 with ${lines} of 40 events, and a proper end`,
        });
        await errorLine(t, watch, `a line with id “${id}” and the stack of what failed`, (line) => line.id === id, {
          because: 'The client has half an answer, and the log says nothing of it, or not for which request.',
          lookAt: 'who hands the error to the log once the answer has begun?',
        });
        const rest = app.stderr.since(watch.stderr).trim();
        t.require(rest === '', {
          expected: 'nothing on standard error',
          seen: `“${rest.split('\n')[0]?.slice(0, 100)}”`,
          because: 'An error handler that answers twice throws by itself, and Express prints that past the log.',
          lookAt: 'what does the error handler do when the headers are sent already?',
        });
      }
      t.trail.begin('the supplier is well again');
      const after = await ask(t, app, 'GET', '/export/oslo');
      const lines = after.text.split('\n').filter(Boolean).length;
      t.require(after.status === 200 && after.whole && lines === 40, {
        expected: '200 with 40 events',
        seen: seen(after),
      });
    },
    { limitMs: 30_000 },
  );
}
