import { Agent } from 'node:http';
import type { CheckDefinition, Instance, Stage, SupplierHandle } from '../harness/sdk/index.ts';
import { ask, inWords, type Question, type Reply, seen } from './ask.ts';
import { heldMs, mustExit, mustSayWhy, startApart, throwInTimer } from './fatal.ts';
import { errorLine, newId, requestLine, watchLog } from './log.ts';
import { feeTableSays, order, rigaOrder } from './provoke.ts';

const eventsOfOslo = 40;
const patient = { deadlineMs: 30_000 };

/** After an exception that nobody catches, the customers who wait are served, and nobody else. */
export function drainBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'drain',
    'after an exception that nobody catches, what is in flight is answered and logged, and nothing new is taken',
    {
      because: 'The process has to end, and not before the customers who wait have their answers.',
      lookAt: 'what does the app wait for before it exits, and what does it take meanwhile?',
    },
    async (t) => {
      const { app, supplier } = await startApart(t, 20_000);
      const watch = watchLog(app);
      const kept = new Agent({ keepAlive: true });
      const busy = new Agent({ keepAlive: true, maxSockets: 1 });
      const inFlight: InFlight[] = [];
      const begin = (method: string, path: string, status: number, question: Question = {}) => {
        const id = newId('drain');
        const reply = ask(t, app, method, path, { ...patient, ...question, headers: { 'x-request-id': id } });
        reply.catch(() => {}); // Awaited below, unless something fails before.
        inFlight.push({ id, what: `${method} ${path}`, status, reply });
        return reply;
      };
      const rest = Promise.withResolvers<void>();
      try {
        const half = begin('POST', '/orders', 201, { body: order, secondHalf: rest.promise });
        await ask(t, app, 'GET', '/seats', { agent: kept });
        // Answered when the supplier is healed, while the others still wait.
        await supplier.fail({ how: 'hang', route: 'GET /events/:id', times: 1 });
        const first = begin('GET', '/events/6', 502, { agent: busy });
        await t.until('a request to reach the supplier', async () => (await eventsAsked(supplier)) >= 1);
        await supplier.setLatency(heldMs);
        begin('GET', '/export/oslo', 200);
        await t.until('the export to ask for its first page', async () => (await supplier.calls())['GET /events'] >= 1);
        await supplier.release(); // The head of the answer and its first ten events are out. The next page is held.
        await t.until('the export to ask for more', async () => (await supplier.calls())['GET /events'] >= 2);
        begin('GET', '/events/7', 200);
        begin('POST', '/orders', 201, { body: order });
        begin('POST', '/orders', 500, { body: rigaOrder });
        await t.until('all requests to reach the supplier', async () => (await eventsAsked(supplier)) >= 4);
        t.trail.begin('a timer throws while five requests wait for the supplier, and one has sent half of its body');
        await throwInTimer(app);
        await mustSayWhy(t, watch);
        await mustRefuse(t, app, kept);
        t.trail.begin('a timer throws while six requests are in flight, and once more');
        // A timer that threw once throws again at its next turn.
        await throwInTimer(app);
        await app.exitedWithin(200);
        mustWait(t, app);
        await mustRefuseOnceAnswered(t, app, supplier, busy, first);
        await supplier.setLatency(0);
        await supplier.release();
        t.step('the supplier answers');
        for (const { what, status, reply } of inFlight.slice(2)) mustBeAnswered(await reply, what, status);
        t.trail.begin('all are answered but one, which has sent half of its body');
        await app.exitedWithin(300);
        mustWait(t, app);
        rest.resolve();
        t.step('it sends the rest');
        mustBeAnswered(await half, 'POST /orders', 201);
        await mustExit(t, app, 5_000);
        for (const { id, what } of inFlight) {
          t.trail.begin(`${what}, in flight when a timer threw, with X-Request-Id: ${id}`);
          await requestLine(t, watch, id, what, {
            because:
              'The request was answered, and the log does not say so. The process has ended before its line was written, or its logger was silenced.',
            lookAt: 'what comes first at the end of the last request, its line or the exit?',
          });
        }
        const failed = inFlight.find(({ status }) => status === 500)?.id;
        await errorLine(
          t,
          watch,
          `a line with id “${failed}” and the error itself: “${feeTableSays}”`,
          (line) => line.id === failed && JSON.stringify(line).includes(feeTableSays),
        );
      } finally {
        rest.resolve();
        kept.destroy();
        busy.destroy();
      }

      function mustBeAnswered(reply: Reply, what: string, status: number): void {
        t.require(reply.status === status && reply.whole, {
          step: `${what}, which was in flight when the timer threw`,
          expected: String(status),
          seen: seen(reply),
        });
        const events = path(what) === '/export/oslo' ? linesIn(reply.text) : eventsOfOslo;
        t.require(events === eventsOfOslo, {
          step: `${what}, whose answer had begun when the timer threw`,
          expected: `${eventsOfOslo} events`,
          seen: `${events}`,
        });
      }
    },
    { limitMs: 60_000, background: true, further: true },
  );
}

interface InFlight {
  id: string;
  what: string;
  status: number;
  reply: Promise<Reply>;
}

const path = (what: string) => what.split(' ')[1];

const linesIn = (text: string) => text.split('\n').filter(Boolean).length;

const eventsAsked = async (supplier: SupplierHandle) => (await supplier.calls())['GET /events/:id'];

const refuses = ({ status }: Reply) => status === 0 || status === 503;

const limbo = {
  because:
    'The app goes on taking requests, in a state that nobody knows. A price may be wrong, or a lock held for ever.',
  lookAt: 'what tells the server to take no new requests?',
};

/** New requests are refused, or answered with 503, on new connections and on one that was kept. */
async function mustRefuse(t: Stage, app: Instance, kept: Agent): Promise<void> {
  const from = t.trail.length;
  let last: Reply | undefined;
  for (const until = performance.now() + 2_000; performance.now() < until && !(last && refuses(last)); ) {
    last = await ask(t, app, 'GET', '/seats');
    t.trail.retell(from);
  }
  mustWait(t, app);
  t.require(last && refuses(last), {
    step: 'GET /seats, for 2 s after it',
    expected: 'no connection, or 503',
    seen: last ? inWords(last) : 'no answer',
    ...limbo,
  });
  const again = await ask(t, app, 'GET', '/seats', { agent: kept });
  t.trail.retell(from);
  t.require(refuses(again), {
    step: 'GET /seats on a connection that was kept',
    expected: 'no connection, or 503',
    seen: inWords(again),
    ...limbo,
  });
}

/** So are those on a connection that was busy when it happened, and is free again. Other requests keep the app alive. */
async function mustRefuseOnceAnswered(
  t: Stage,
  app: Instance,
  supplier: SupplierHandle,
  busy: Agent,
  first: Promise<Reply>,
) {
  const before = await supplier.total();
  const answers: Reply[] = [];
  first.then((reply) => answers.push(reply)).catch(() => {});
  await supplier.heal();
  const askedAgain = async () => (await supplier.total()) > before;
  await t.until('GET /events/6 to be answered', async () => answers.length > 0 || (await askedAgain()));
  const [answered] = answers;
  if (!answered) return; // An app that asks the supplier once more waits like the others.
  t.require(answered.status > 0 && answered.whole, {
    step: 'GET /events/6, which waited when the timer threw; the supplier broke it off',
    expected: 'an answer',
    seen: inWords(answered),
  });
  const next = await ask(t, app, 'GET', '/seats', { agent: busy });
  t.require(refuses(next), {
    step: 'GET /seats on a connection that was busy when the timer threw',
    expected: 'no connection, or 503',
    seen: inWords(next),
    ...limbo,
    lookAt: 'what becomes of connections that are busy when the server closes?',
  });
  mustWait(t, app);
}

function mustWait(t: Stage, app: Instance): void {
  t.require(!app.exited, {
    expected: 'the app to wait for the requests in flight',
    seen: `it ended with ${app.ending()}`,
    because: 'Customers wait for an answer, and the process is gone. The exception was none of their requests’.',
    lookAt: 'what does the app wait for before it exits, and does a second exception cut that short?',
  });
}
