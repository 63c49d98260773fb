import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, seen } from './ask.ts';
import { elsewhere, errorLine, isOfRequest, linesOf, newId, requestLine, watchLog } from './log.ts';
import { mustBeProblem, unavailable } from './problem.ts';

const inWords = {
  500: 'the supplier answers 500 from its second page on',
  404: 'the supplier answers 404 from its second page on, which it has',
  cut: 'the supplier breaks off in the middle of its second page',
  garbage: 'the supplier answers with HTML from its second page on',
  hang: 'the supplier does not answer for its second page',
  null: 'the supplier answers 200 with null for its second page',
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
      for (const how of [500, 404, 'cut', 'garbage', 'hang', 'null'] as const) {
        const id = newId('export');
        const watch = watchLog(app);
        t.trail.begin(inWords[how]);
        const fault = how === 'null' ? ({ how: 'body', body: how } as const) : { how };
        await t.supplier.fail({ ...fault, route: 'GET /events', after: 1 });
        const reply = await ask(t, app, 'GET', '/export/oslo', { headers: { 'x-request-id': id } });
        await t.supplier.heal();
        // An app that has all pages before it begins can still say it with a status.
        if (reply.whole && reply.status !== 200) mustBeProblem(t, reply, unavailable);
        const lines = reply.text.split('\n').filter(Boolean).length;
        t.require(!reply.whole || reply.status !== 200, {
          expected: 'a connection that breaks, or a problem',
          seen: `200 with ${lines} of 40 events, and a proper end`,
        });
        await errorLine(
          t,
          watch,
          `a line with id “${id}” and the stack of what failed`,
          (line) => line.id === id,
          () => ({
            because: 'The client has half an answer, and the log says nothing of it.',
            lookAt: 'who hands the error to the log once the answer has begun?',
            ...elsewhere(t, watch),
          }),
        );
        await requestLine(t, watch, id, 'GET /export/oslo', {
          because:
            'The answer broke off, and its request has no line. Whoever counts requests does not know of this one.',
          lookAt: 'which event of the response writes the line, and does it come if the answer breaks off?',
        });
        const ofRequest = linesOf(t, watch).filter((line) => line.id === id);
        t.require(ofRequest.length <= 2 && ofRequest.filter(isOfRequest).length === 1, {
          expected: 'the line of the request, and one more at most, with the error',
          seen: `${ofRequest.length} lines with id “${id}”`,
          because: 'Requests are counted by their lines, and errors by theirs.',
          lookAt: 'who logs this error, and who does so once more?',
        });
        const rest = app.stderr.since(watch.stderr).trim();
        t.require(rest === '', {
          expected: 'nothing on standard error',
          seen: `“${rest.split('\n')[0]?.slice(0, 100)}”`,
          because: 'The error is printed past the log: without an id, and on a stream that is often thrown away.',
          lookAt:
            'what does the error handler do when the headers are sent already? Express prints what it hands on with next, and what it throws by itself',
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
