import { Agent } from 'node:http';
import type { CheckDefinition, Instance, Stage, SupplierHandle } from '../harness/sdk/index.ts';
import { ask, inWords, type Reply, seen, serves } from './ask.ts';
import { errorLine, isLevel, watchLog } from './log.ts';
import { order } from './provoke.ts';

/** The supplier holds its answers until they are released. */
const heldMs = 60_000;
const deadlineMs = 500;
/** Several times the deadline, and less than the five seconds that many would write down. */
const goneWithinMs = 3_500;

/** An exception that nobody can catch: the process can't be trusted any more, and its customers can't be left alone. */
export function fatalBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'fatal',
    'an exception that nobody catches is logged as fatal; what is in flight is answered, and the app exits with 1',
    {
      because:
        'After such an exception nobody knows what state the process is in. It has to end, and not before its customers have their answers.',
      lookAt: 'what does the app do on uncaughtException, in which order, and what does it wait for?',
    },
    async (t) => {
      const { app, supplier } = await start(t, 20_000);
      const kept = new Agent({ keepAlive: true });
      const busy = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        await ask(t, app, 'GET', '/seats', { agent: kept });
        // Answered when the supplier is healed, while the others still wait.
        await supplier.fail({ how: 'hang', route: 'GET /events/:id', times: 1 });
        const first = ask(t, app, 'GET', '/events/6', { agent: busy, deadlineMs: 30_000 });
        first.catch(() => {}); // Awaited below, unless something fails before.
        await t.until('a request to reach the supplier', async () => (await supplier.total()) >= 1);
        await supplier.setLatency(heldMs);
        const watch = watchLog(app);
        const inFlight = Promise.all([
          ask(t, app, 'GET', '/events/7', { deadlineMs: 30_000 }),
          ask(t, app, 'POST', '/orders', { body: order, deadlineMs: 30_000 }),
        ]);
        inFlight.catch(() => {}); // Awaited below, unless something fails before.
        await t.until('all three requests to reach the supplier', async () => (await supplier.total()) >= 3);
        t.trail.begin('a timer throws while three requests wait for the supplier');
        await app.probe.throwInTimer();
        await errorLine(t, watch, 'a line of level fatal with the stack', (line) => isLevel(line, 'fatal'), {
          because: 'The process is about to die, or should be, and the log does not say of what.',
          lookAt: 'what does the app print on uncaughtException, and with which level?',
        });
        await mustRefuse(t, app, kept);
        t.trail.begin('a timer throws while three requests wait for the supplier, and once more');
        await throwAgain(app);
        mustWait(t, app);
        await mustRefuseOnceAnswered(t, app, supplier, busy, first);
        await supplier.setLatency(0);
        await supplier.release();
        t.step('the supplier answers');
        for (const [index, reply] of (await inFlight).entries())
          t.require(reply.status === (index ? 201 : 200) && reply.whole, {
            expected: index ? '201' : '200',
            seen: seen(reply),
          });
        await mustExit(t, app, 5_000);
      } finally {
        kept.destroy();
        busy.destroy();
      }
    },
    { limitMs: 40_000, background: true },
  );

  behaviour(
    'fatal-deadline',
    'after such an exception the app waits no longer than DRAIN_TIMEOUT_MS',
    {
      because:
        'A request that is never answered keeps a process alive that should be gone. Nobody starts a new one meanwhile.',
      lookAt: 'what ends the process when a request in flight does not end?',
    },
    async (t) => {
      const { app, supplier } = await start(t, deadlineMs);
      await supplier.setLatency(heldMs);
      const never = ask(t, app, 'GET', '/events/7', { deadlineMs: 30_000 });
      never.catch(() => {}); // It ends with the app.
      await t.until('the request to reach the supplier', async () => (await supplier.total()) >= 1);
      t.trail.begin(`a timer throws while a request waits for ever; DRAIN_TIMEOUT_MS is ${deadlineMs}`);
      await app.probe.throwInTimer();
      const thrownAt = performance.now();
      await mustExit(t, app, goneWithinMs);
      t.atMost('from the exception to the exit', performance.now() - thrownAt, goneWithinMs, 'ms');
    },
    { limitMs: 40_000, background: true },
  );
}

async function start(t: Stage, drainTimeoutMs: number) {
  const supplier = await t.startSupplier({ latencyMs: 0, atOnce: 20 });
  const env = {
    SUPPLIER_URL: supplier.url,
    SUPPLIER_TIMEOUT_MS: String(heldMs),
    REFRESH_MS: String(heldMs),
    DRAIN_TIMEOUT_MS: String(drainTimeoutMs),
  };
  const app = await t.startExtra({ env });
  await serves(t, app);
  await t.until('the seats to be refreshed', async () => (await supplier.calls())['GET /stats'] > 0);
  await supplier.reset();
  return { app, supplier };
}

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

/** A timer that threw once throws again at its next turn. */
async function throwAgain(app: Instance): Promise<void> {
  // An app that dies of it answers nothing any more: that is judged below.
  await app.probe.throwInTimer().catch(() => {});
  await app.exitedWithin(200);
}

function mustWait(t: Stage, app: Instance): void {
  t.require(!app.exited, {
    expected: 'the app to wait for the requests in flight',
    seen: `it ended with ${app.ending()}`,
    because: 'Customers wait for an answer, and the process is gone. The exception was none of their requests’.',
    lookAt: 'what does the app wait for before it exits, and does a second exception cut that short?',
  });
}

async function mustExit(t: Stage, app: Instance, withinMs: number): Promise<void> {
  const exited = await app.exitedWithin(withinMs);
  t.require(exited, { expected: `the app to exit within ${withinMs / 1_000} s`, seen: 'it still runs' });
  t.require(app.exitCode === 1, {
    expected: 'exit code 1',
    seen: app.ending(),
    because:
      'Whoever started the app decides by its exit code whether to start it again, and whether to call somebody.',
    lookAt: 'with which code does the process exit?',
  });
}
