import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { ask, type Reply, seen } from './ask.ts';
import { isLevel, linesOf, newId, requestLine, watchLog } from './log.ts';
import { mustBeProblem } from './problem.ts';
import { order } from './provoke.ts';

/** What a client asks for and does not wait for: before its answer begins, and in the middle of it. */
const halfWay = [
  ['/events/7', 'GET /events/:id', 0],
  ['/export/oslo', 'GET /events', 1],
] as const;

export function furtherBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'id-travels',
    'the supplier gets the id of the request that it is asked for',
    {
      because: 'The box office says that it has refused call 4711. Nobody can tell whose order that was.',
      lookAt: 'which headers does a call to the supplier have, and how does it know its request?',
    },
    async (t) => {
      const app = t.app();
      for (const sent of [newId('travels'), 'not an id']) {
        for (const [method, path, body, calls] of [
          ['GET', '/events/3', undefined, 1],
          ['POST', '/orders', order, 2],
          ['GET', '/export/oslo', undefined, 4],
        ] as const) {
          t.trail.begin(`X-Request-Id: ${sent}`);
          await t.supplier.reset();
          const { headers } = await ask(t, app, method, path, { body, headers: { 'x-request-id': sent } });
          const heard = await t.until(`${calls} calls to the supplier`, async () => {
            const all = (await t.supplier.heard()).filter(({ route }) => route !== 'GET /stats');
            return all.length >= calls && all;
          });
          const id = headers['x-request-id'];
          t.require(id !== undefined, { expected: 'an answer with X-Request-Id', seen: 'none' });
          const other = heard.find((call) => call.headers['x-request-id'] !== id);
          t.require(!other, {
            expected: `X-Request-Id: ${id} at the supplier`,
            seen: `${other?.headers['x-request-id'] ?? 'none'} in its ${other?.route}`,
          });
        }
      }
      await bothAtOnce(t);
    },
    { further: true },
  );

  behaviour(
    'hang-up',
    'a client that hangs up is no error of the app',
    {
      because:
        'Somebody closed a tab, and the log says that the app has failed. An alert that fires for that is soon switched off.',
      lookAt: 'what is logged when the answer can’t be sent any more, and what does the error handler do then?',
    },
    async (t) => {
      const app = t.app();
      for (const [path, route, after] of halfWay) {
        for (const then of ['answers', 'fails'] as const) {
          const id = newId('gone');
          const watch = watchLog(app);
          t.trail.begin(`a client asks for GET ${path} and hangs up; then the supplier ${then}`);
          await t.supplier.reset();
          await t.supplier.fail({ how: then === 'answers' ? 'late' : 'hang', route, after });
          const client = new AbortController();
          const gone = ask(t, app, 'GET', path, { headers: { 'x-request-id': id }, signal: client.signal });
          await t.until('the request to reach the supplier', async () => (await t.supplier.total()) > after);
          client.abort();
          await gone;
          // It has noticed, once it has answered what came after that.
          for (let time = 0; time < 3; time++) await ask(t, app, 'GET', '/seats');
          t.trail.begin(`a client asks for GET ${path} and hangs up; then the supplier ${then}`);
          if (then === 'answers') await t.supplier.release();
          await t.supplier.heal();
          await requestLine(t, watch, id, `GET ${path}`, {
            because: 'The client has hung up, and its request has no line: nobody sees how many do not wait.',
            lookAt: 'which event of the response writes the line, and does it come if the answer was never sent?',
          });
          // Whatever comes late has come before this one's line.
          const last = newId('last');
          await ask(t, app, 'GET', '/events/8', { headers: { 'x-request-id': last } });
          await requestLine(t, watch, last, 'GET /events/8');
          const lines = linesOf(t, watch).filter((line) => line.id === id);
          const wrong = lines.find(
            (line) => Number(line.status) >= 500 || isLevel(line, 'error') || isLevel(line, 'fatal'),
          );
          t.require(!wrong && lines.length === 1, {
            expected: 'one line, with a status below 500, and no error',
            seen: lines.map(({ status, level }) => `status ${status} of level ${level}`).join(', and '),
          });
        }
      }
    },
    { further: true },
  );

  behaviour(
    'retry-after',
    'a supplier that says when to come again is believed: 503 with its Retry-After',
    {
      because:
        'The supplier has said when it will be back, and the app keeps that to itself. So its clients ask again at once.',
      lookAt: 'what does an error of the supplier know of its answer besides the status?',
    },
    async (t) => {
      for (const retryAfter of ['7', 'Fri, 31 Dec 2032 23:59:59 GMT', '0']) {
        t.trail.begin(`the supplier answers 503 with Retry-After: ${retryAfter}`);
        await t.supplier.fail({ how: 503, retryAfter });
        for (const [method, path, body] of [
          ['GET', '/events/1'],
          ['POST', '/orders', order],
          ['GET', '/export/oslo'],
        ] as const) {
          const reply = await ask(t, t.app(), method, path, { body });
          mustBeProblem(t, reply, [503]);
          const said = reply.headers['retry-after'];
          t.require(said === retryAfter, {
            expected: `Retry-After: ${retryAfter}`,
            seen: said ?? `none, ${seen(reply)}`,
          });
        }
        await t.supplier.heal();
      }
    },
    { further: true },
  );
}

/** Two orders that wait for the supplier together: an id that the app keeps in one place is the other one's by then. */
async function bothAtOnce(t: Stage): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { ids, replies } = await orderBoth(t);
    const refused = replies.find(({ status }) => status !== 201);
    if (!refused) return bothMustTravel(t, ids);
    // On a busy machine SUPPLIER_TIMEOUT_MS may be over before the supplier is told to answer.
    t.require(attempt < 4, { expected: '201', seen: seen(refused) });
  }
}

async function orderBoth(t: Stage): Promise<{ ids: string[]; replies: Reply[] }> {
  const ids = [newId('travels'), newId('travels')];
  t.trail.begin('two orders that wait for the supplier at the same time');
  await t.supplier.reset();
  await t.supplier.fail({ how: 'late', route: 'GET /events/:id' });
  const orders = Promise.all(
    ids.map((id) => ask(t, t.app(), 'POST', '/orders', { body: order, headers: { 'x-request-id': id } })),
  );
  orders.catch(() => {}); // Awaited below, unless something fails before.
  await t.until('both orders to reach the supplier', async () => (await t.supplier.calls())['GET /events/:id'] >= 2);
  await t.supplier.release();
  await t.supplier.heal();
  return { ids, replies: await orders };
}

async function bothMustTravel(t: Stage, ids: string[]): Promise<void> {
  const audits = await t.until('both audits to reach the supplier', async () => {
    const all = (await t.supplier.heard()).filter(({ route }) => route === 'POST /audit');
    return all.length >= 2 && all;
  });
  const travelled = audits.map(({ headers }) => String(headers['x-request-id'] ?? 'none')).sort();
  t.require(travelled.join() === [...ids].sort().join(), {
    expected: `X-Request-Id: ${ids.join(' and ')} in their POST /audit`,
    seen: travelled.join(' and '),
  });
}
