import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, type Question, seen } from './ask.ts';
import { mustBeProblem } from './problem.ts';
import { order } from './provoke.ts';

type Case = readonly [method: string, path: string, statuses: number[], question?: Question];

/** A little more than 100 kB, whether that is 100,000 bytes or 102,400. */
const oversized = { ...order, note: 'x'.repeat(102_900) };
const large = { ...order, note: 'x'.repeat(90_000) };

/** What the framework finds wrong with a request, what its parsers find, and what nobody has a route for. */
const cases: Case[] = [
  ['POST', '/orders', [400], { body: '{"event": ' }],
  ['POST', '/orders', [400], { body: '{"event": "1", "seats": 2,}' }],
  ['POST', '/orders', [400, 422], { body: '"1"' }],
  ['POST', '/orders', [400, 422], { body: 'null' }],
  ['POST', '/orders', [400, 422], { body: '[]' }],
  ['POST', '/orders', [400, 422], { body: '7' }],
  ['POST', '/orders', [400, 415], { body: 'not gzip', headers: { 'content-encoding': 'gzip' } }],
  ['POST', '/orders', [400, 415], { body: order, headers: { 'content-encoding': 'snail' } }],
  ['POST', '/orders', [413], { body: oversized }],
  ['POST', '/orders', [413], { body: oversized, headers: { 'transfer-encoding': 'chunked' } }],
  ['POST', '/orders', [400, 415, 422], { body: JSON.stringify(order), headers: { 'content-type': 'text/plain' } }],
  ['POST', '/orders', [400, 415], { body: order, headers: { 'content-type': 'application/json; charset=snail' } }],
  ['GET', '/events/%zz', [400]],
  ['GET', '/export/%c0%ae', [400]],
  ['GET', '/nowhere', [404]],
  ['GET', '/events/1/seats', [404]],
  ['GET', '/constructor', [404]],
  ['DELETE', '/events/1', [404, 405]],
  ['GET', '/events/none', [404]],
  ['GET', '/events/__proto__', [404]],
  ['GET', '/fees/atlantis', [404]],
  ['GET', '/fees/constructor', [404]],
  ['POST', '/orders', [404, 422], { body: { ...order, event: 'none' } }],
];

/** Orders, and what is wrong with them. */
const invalid: [body: Record<string, unknown>, fields: string[]][] = [
  ...[0, -1, 21, 1.5, '2', null, [2]].map((seats): [Record<string, unknown>, string[]] => [
    { ...order, seats },
    ['seats'],
  ]),
  ...['nobody', 5, null, ''].map((email): [Record<string, unknown>, string[]] => [{ ...order, email }, ['email']]),
  ...[1, '', null].map((event): [Record<string, unknown>, string[]] => [{ ...order, event }, ['event']]),
  [{ event: '1', seats: 0, email: 'nobody' }, ['email', 'seats']],
  [{ __proto: order }, ['email', 'event', 'seats']],
  [{}, ['email', 'event', 'seats']],
];

export function clientErrorBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'client-errors',
    'what a client does wrong is a 4xx, as a problem',
    {
      because: 'The request was wrong, and the answer does not say so. A client that reads 500 tries again, for ever.',
      lookAt:
        'Express and its parsers put a status into their errors: who reads it? And who answers where no route does?',
    },
    async (t) => {
      for (const [method, path, statuses, question] of cases) {
        t.trail.begin();
        mustBeProblem(t, await ask(t, t.app(), method, path, question), statuses);
      }
      t.trail.begin('POST /orders without a body');
      mustBeProblem(t, await ask(t, t.app(), 'POST', '/orders'), [400, 415, 422]);
      t.trail.begin('POST /orders with 90 kB');
      const fits = await ask(t, t.app(), 'POST', '/orders', { body: large });
      t.require(fits.status === 201, {
        expected: '201',
        seen: seen(fits),
        because: 'The limit is 100 kB. A body that keeps it is refused.',
        lookAt: 'which limit does the parser have?',
      });
    },
  );

  behaviour(
    'invalid-fields',
    'an invalid order is told which of its fields are wrong',
    {
      because: 'Whoever fills in the form has to guess which field is meant.',
      lookAt: 'which fields does the validation look at, and does it go on after the first that is wrong?',
    },
    async (t) => {
      for (const [body, fields] of invalid) {
        t.trail.begin(`POST /orders ${JSON.stringify(body)}`);
        const reply = await ask(t, t.app(), 'POST', '/orders', { body });
        mustBeProblem(t, reply, [400, 422]);
        const errors: unknown = reply.json?.errors;
        const named = Array.isArray(errors) ? [...new Set(errors.map((error) => error?.field))].sort() : [];
        t.require(named.join() === fields.join(), {
          expected: `errors with the field ${fields.join(', ')}, and no other`,
          seen: seen(reply),
        });
      }
    },
  );
}
