import { randomUUID } from 'node:crypto';
import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, type Reply } from './ask.ts';
import { newId } from './log.ts';
import { everyError, order, rigaOrder } from './provoke.ts';

const wellFormed = /^[A-Za-z0-9._-]{1,64}$/;

const kept = ['a', '0', 'A-1._z', 'x'.repeat(64), randomUUID(), '..', '__proto__'];
/** What a header can hold. A line feed it cannot, so these are what comes nearest to one. */
const replaced = [
  '',
  'x'.repeat(65),
  'x'.repeat(10_000),
  'two words',
  'tab\tbed',
  'a%0d%0aset-cookie:%20admin=1',
  'a\\r\\n{"level":30}',
  '{"id":"a","level":60}',
  '"quoted"',
  'caf\u00e9',
  'next\u0085line',
  '<b>a</b>',
  'a,b',
  '$(id)',
];

export function idBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'request-ids',
    'each answer has X-Request-Id: one that came in well-formed, or a new one',
    {
      because:
        'Somebody calls with the id of a failed request, and it leads to no line of the log, or to somebody else’s.',
      lookAt: 'where does a request get its id, and on which answers is it missing?',
    },
    async (t) => {
      const app = t.app();
      const given = new Set<string>();
      const idOf = ({ headers }: Reply) => String(headers['x-request-id'] ?? '');
      const mustKeep = (reply: Reply, id: string) =>
        t.require(idOf(reply) === id, {
          expected: `X-Request-Id: ${shown(id)}`,
          seen: idOf(reply) ? shown(idOf(reply)) : 'none',
        });
      const mustTell = (reply: Reply, id: string) =>
        t.require(reply.json?.requestId === id, {
          expected: `a problem with "requestId":"${id}", as in its header`,
          seen: JSON.stringify(reply.json?.requestId) ?? 'none',
          because:
            'A screenshot of the error has no headers. Without the id in the body nobody finds its line in the log.',
          lookAt: 'what does the error handler put into its body, and where does it take the id from?',
        });
      const mustReplace = (reply: Reply, sent?: string) => {
        const id = idOf(reply);
        t.require(wellFormed.test(id) && id !== sent && !given.has(id), {
          expected: 'a new X-Request-Id of 1 to 64 letters, digits, “.”, “_” or “-”',
          seen: id ? `${shown(id)}${given.has(id) ? ', which another request had' : ''}` : 'none',
          because:
            sent === undefined
              ? 'A request that brings no id needs one all the same, and one of its own.'
              : 'What a client sends as an id goes into the log, into headers, and to the supplier. Anybody can write anything there.',
          lookAt: 'which ids does the app accept, and where does it make its own?',
        });
        given.add(id);
      };
      for (const id of kept) {
        t.trail.begin(`X-Request-Id: ${shown(id)}`);
        mustKeep(await ask(t, app, 'GET', '/seats', { headers: { 'x-request-id': id } }), id);
      }
      for (const id of replaced) {
        t.trail.begin(`X-Request-Id: ${shown(id)}`);
        mustReplace(await ask(t, app, 'GET', '/seats', { headers: { 'x-request-id': id } }), id);
        t.trail.begin(`X-Request-Id: ${shown(id)}`);
        const failed = await ask(t, app, 'GET', '/fees/riga', { headers: { 'x-request-id': id } });
        mustReplace(failed, id);
        mustTell(failed, idOf(failed));
      }
      for (const [method, path, body] of [
        ['GET', '/seats'],
        ['GET', '/events/1'],
        ['POST', '/orders', order],
        ['GET', '/plan'],
        ['GET', '/export/oslo'],
        ['GET', '/fees/riga'],
        ['GET', '/nowhere'],
        ['GET', '/events/%zz'],
        ['POST', '/orders', '{"event": '],
        ['POST', '/orders', rigaOrder],
      ] as const) {
        t.trail.begin();
        const reply = await ask(t, app, method, path, { body });
        mustReplace(reply);
        if (reply.status >= 400) mustTell(reply, idOf(reply));
      }
      const ids = new Map<string, string>();
      const failing = await everyError(t, app, (what) => {
        ids.set(what, newId('client'));
        return { headers: { 'x-request-id': ids.get(what) ?? '' } };
      });
      for (const { what, reply } of failing) {
        const id = ids.get(what) ?? '';
        t.trail.begin(`${reply.request}: ${what}, with X-Request-Id: ${id}`);
        if (reply.status === 0) continue; // Broken off before its headers.
        mustKeep(reply, id);
        if (reply.status < 400) continue;
        mustTell(reply, id);
      }
    },
    { limitMs: 30_000 },
  );
}

function shown(id: string): string {
  return id.length > 70
    ? `${id.slice(0, 20)}… (${id.length} characters)`
    : JSON.stringify(id).slice(1, -1) || '(empty)';
}
