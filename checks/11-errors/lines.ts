import { Agent } from 'node:http';
import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { ask, type Question, type Reply } from './ask.ts';
import { lates } from './late.ts';
import { errorLine, isOfRequest, type Line, type LogWatch, linesOf, newId, requestLine, watchLog } from './log.ts';
import { everyError, feeTableSays, order, rigaOrder } from './provoke.ts';

/** The route that a request reached; undefined where it may have reached none. */
interface Expected {
  method: string;
  route?: string | undefined;
  reply: Reply;
}

/** What a good request of each route is, and its pattern. */
const good: [method: string, path: string, route: string | undefined, question?: Question][] = [
  ['GET', '/seats', '/seats'],
  ['GET', '/events/1', '/events/:id'],
  ['GET', '/events/2?from=newsletter', '/events/:id'],
  ['POST', '/orders', '/orders', { body: order }],
  ['GET', '/fees/oslo', '/fees/:city'],
  ['GET', '/plan', '/plan'],
  ['GET', '/export/oslo', '/export/:city'],
  ['GET', '/events/none', '/events/:id'],
  ['HEAD', '/events/3', undefined],
  ['GET', '/fees/atlantis', '/fees/:city'],
  ['POST', '/orders', '/orders', { body: { ...order, seats: 0 } }],
  ['GET', '/fees/riga', '/fees/:city'],
  ['POST', '/orders', '/orders', { body: rigaOrder }],
];

const riga = /^(GET \/fees\/riga|POST \/orders)$/;

/** Its error for a 5xx of which nobody has told it the error. The stack is pino-http's own. */
const saysPinoHttp = (line: Line) => /"failed with status code \d/.test(JSON.stringify(line));

/** Two lines, for whoever prints it as it is. */
const forged = '1\r\n{"level":30,"id":"forged","status":200}\r\n';

export function lineBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'one-line',
    'each request is one JSON line with id, method, route, status and ms, and nothing else',
    {
      because: 'The log does not say of each request what became of it, so nobody can count, search or alert on it.',
      lookAt: 'who writes the line of a request, when, and what does it print?',
    },
    async (t) => {
      const app = t.app();
      const watch = watchLog(app);
      const asked = new Map<string, Expected>();
      const send = async (method: string, path: string, route?: string, question: Question = {}) => {
        const id = newId('line');
        t.trail.begin();
        const reply = await ask(t, app, method, path, {
          ...question,
          headers: { ...question.headers, 'x-request-id': id },
        });
        asked.set(id, { method, route, reply });
      };
      for (const [method, path, route, question] of good) await send(method, path, route, question);
      // Express answers 304 where the route has answered 200.
      const { etag } = [...asked.values()].find(({ route }) => route === '/events/:id')?.reply.headers ?? {};
      if (etag) await send('GET', '/events/1', '/events/:id', { headers: { 'if-none-match': etag } });
      // A listener that each request leaves behind on its connection makes Node print a warning.
      const kept = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let time = 0; time < 15; time++) await send('GET', '/seats', '/seats', { agent: kept });
      kept.destroy();
      await send('POST', '/orders', undefined, { body: { ...order, event: forged } });
      await send('POST', '/orders', undefined, { body: `{"event": "${forged}"` });
      await send('GET', `/events/${encodeURIComponent(forged)}`, '/events/:id');
      await send('GET', '/seats', '/seats', {
        headers: { 'user-agent': '","status":200}', referer: 'caf\u00e9\u0085' },
      });
      const failing = await everyError(t, app, (what) => ({
        headers: { 'x-request-id': `all.${what.replace(/\W/g, '-')}` },
      }));
      for (const { what, reply } of failing) {
        const method = reply.request.startsWith('POST') ? 'POST' : 'GET';
        asked.set(`all.${what.replace(/\W/g, '-')}`, { method, reply });
      }
      for (const [id, expected] of asked) await mustBeLogged(t, watch, id, expected);
      mustBeAll(t, watch, asked);
    },
    { limitMs: 30_000 },
  );

  behaviour(
    'error-lines',
    'each 5xx has its stack in the log under its own id, and unknown paths have no route of their own',
    {
      because: 'The log says that something failed, and not what: whoever is on call has to guess.',
      lookAt: 'where does the error handler hand its error to the log, and which id does the line have?',
    },
    async (t) => {
      const app = t.app();
      const watchFromHere = watchLog(app);
      const failed: { id: string; request: string }[] = [];
      const fail = async (method: string, path: string, body?: unknown) => {
        const id = newId('failed');
        const reply = await ask(t, app, method, path, { body, headers: { 'x-request-id': id } });
        if (reply.status >= 500) failed.push({ id, request: reply.request });
      };
      await fail('GET', '/fees/riga');
      await fail('POST', '/orders', rigaOrder);
      // Two at once that fail together: an id that is kept in a variable of the process is the other one's by then.
      await t.supplier.fail({ how: 'hang' });
      await t.supplier.reset();
      const together = [fail('GET', '/events/1'), fail('GET', '/events/2')];
      await t.until('both requests to reach the supplier', async () => (await t.supplier.total()) >= 2);
      await t.supplier.heal();
      await Promise.all(together);
      const idOf = (what: string) => `failed.${what.replace(/\W/g, '-')}`;
      for (const { what, reply } of await everyError(t, app, (one) => ({ headers: { 'x-request-id': idOf(one) } })))
        if (reply.status >= 500) failed.push({ id: idOf(what), request: `${reply.request}: ${what}` });
      const late = lates.get(app);
      for (const id of late?.ids ?? []) failed.push({ id, request: 'a request for which the supplier was late' });
      for (const { id, request } of failed) {
        const watch = late?.ids.includes(id) ? late.watch : watchFromHere;
        t.trail.begin(`${request}, with X-Request-Id: ${id}`);
        await errorLine(t, watch, `a line with id “${id}” and the stack of the error`, (line) => line.id === id);
        const ofPino = () => linesOf(t, watch).filter((line) => line.id === id && saysPinoHttp(line)).length;
        await errorLine(
          t,
          watch,
          `the error itself in a line with id “${id}”`,
          (line) => line.id === id && !saysPinoHttp(line),
          () => ({ seen: ofPino() ? 'an error of pino-http’s own, “failed with status code …”' : 'none' }),
        );
        if (!riga.test(request)) continue;
        await errorLine(
          t,
          watch,
          `a line with id “${id}” and the error itself: “${feeTableSays}”`,
          (line) => line.id === id && JSON.stringify(line).includes(feeTableSays),
        );
      }
      const routes = new Set<string>();
      for (const path of ['/nowhere', '/elsewhere']) {
        const id = newId('unknown');
        t.trail.begin();
        await ask(t, app, 'GET', path, { headers: { 'x-request-id': id } });
        routes.add(JSON.stringify((await requestLine(t, watchFromHere, id, `GET ${path}`)).route ?? null));
      }
      t.trail.begin('GET /nowhere and GET /elsewhere');
      t.require(routes.size === 1, {
        expected: 'the same route in both lines: there is none',
        seen: [...routes].join(' and '),
        because:
          'A scanner asks for ten thousand paths. If each is a route of its own, a graph by route has ten thousand lines.',
        lookAt: 'what is logged as the route where no route was found?',
      });
    },
  );
}

async function mustBeLogged(t: Stage, watch: LogWatch, id: string, { method, route, reply }: Expected): Promise<void> {
  t.trail.begin(`${reply.request}, with X-Request-Id: ${id}`, String(reply.status));
  const line = await requestLine(t, watch, id, reply.request);
  const differs = (field: string, expected: string, seen: unknown) =>
    t.require(false, { expected: `${field} ${expected} in its line`, seen: JSON.stringify(seen) ?? 'no such field' });
  if (line.status !== reply.status) differs('status', String(reply.status), line.status);
  if (line.method !== method) differs('method', `"${method}"`, line.method);
  if (route !== undefined && line.route !== route) differs('route', `"${route}"`, line.route);
  if (typeof line.ms !== 'number' || !(line.ms >= 0)) differs('ms', 'a number', line.ms);
}

/** Nothing else: one line with a status for each, one more at most where there is an error, and no line of anybody's making. */
function mustBeAll(t: Stage, watch: LogWatch, asked: Map<string, Expected>): void {
  const byId = new Map<unknown, Line[]>();
  for (const line of linesOf(t, watch)) byId.set(line.id, [...(byId.get(line.id) ?? []), line]);
  for (const [id, { reply }] of asked) {
    const lines = byId.get(id) ?? [];
    const ofRequest = lines.filter(isOfRequest);
    const others = lines.filter((line) => !isOfRequest(line));
    t.trail.begin(`${reply.request}, with X-Request-Id: ${id}`, String(reply.status));
    const mayHaveMore = reply.status >= 500 ? 1 : 0;
    t.require(ofRequest.length === 1 && others.length <= mayHaveMore, {
      expected: `one line${reply.status >= 500 ? ', and one more at most, with the error' : ''}`,
      seen: `${lines.length} lines`,
      because: 'Requests are counted by their lines. Whatever is printed besides counts twice, or hides what matters.',
      lookAt: 'what else prints something while a request is answered?',
    });
  }
  t.trail.begin(`a body and a path with a line feed and ${JSON.stringify(forged.trim().split('\n')[1])} in them`);
  t.require(!byId.has('forged'), {
    expected: 'no line that a client has made',
    seen: 'a line with id “forged”',
    because: 'Whoever can write a line feed into the log can write any line into it.',
    lookAt: 'how does text from a client get into the log?',
  });
  t.trail.begin('the requests above');
  const onStderr = watch.app.stderr.since(watch.stderr).trim();
  t.require(onStderr === '', {
    expected: 'nothing on standard error',
    seen: `“${onStderr.split('\n')[0]?.slice(0, 100)}”`,
    because: 'Something is printed past the log: without an id, and on a stream that is often thrown away.',
    lookAt:
      'who writes this line: console.error, Express for an error that no handler takes, or Node for a warning of its own?',
  });
}
