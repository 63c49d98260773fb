import type { Agent } from 'node:http';
import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { Board } from './board.ts';
import { askUntilRefused, busyOnes } from './busy.ts';
import { mustFailWithClose } from './failing-orders.ts';
import { giveUpWholeOrders, hangUps } from './hang-ups.ts';
import { Held, type HeldOrder, type HeldQuestion, holdOrder } from './held.ts';
import { orderOf } from './orders.ts';
import { ownRedis, skipOnWindows, startReady } from './ready.ts';
import { mustEnd, terminate } from './signals.ts';
import { inWords, keptByClient, saysClose, send } from './wire.ts';

const env = { DRAIN_DELAY_MS: '800', SHUTDOWN_TIMEOUT_MS: '30000' };

/** Answers that no handler of an order makes: a parser does, the error handler, or whoever knows no such route. */
const otherAnswers: HeldQuestion[] = [
  { body: '{"id":' },
  { body: { ...orderOf('held'), seats: 0 } },
  { path: '/refunds', body: {} },
  { method: 'GET', path: '/prices/nowhere', body: {} },
  { method: 'GET', path: '/ready', body: {} },
];
/** Over what Express takes. An app may also break it off. */
const tooLong: HeldQuestion = { body: { ...orderOf('held'), event: 'x'.repeat(120_000) }, isChunked: true };

/** Line 3. */
export function connectionBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'kept-connections',
    'kept connections do not hold the end up: the last answer says Connection: close, and idle ones are closed',
    {
      because:
        'A client keeps its connections open for the next request. Whoever waits until they are all gone waits for the client.',
      lookAt: 'which connections are open when the server closes, and who ends each of them?',
    },
    async (t) => {
      skipOnWindows(t);
      const redis = await ownRedis(t);
      const app = await startReady(t, { ...env, REDIS_URL: redis.appUrl });
      const agents: Agent[] = [];
      const kept = () => {
        const agent = keptByClient();
        agents.push(agent);
        return agent;
      };
      const idle = [kept(), kept(), kept()];
      const busy = busyOnes.map((question) => ({ ...question, agent: kept() }));
      const held: Held[] = [];
      const failing: Held[] = [];
      const hold = async (question: HeldQuestion) => {
        const each = await Held.begin(t, app, { ...question, agent: kept() });
        held.push(each);
        return each;
      };
      const given: HeldOrder[][] = [];
      const giveUpSome = () => {
        for (const [n, order] of (given.pop() ?? []).entries()) order.drop(hangUps[n]);
      };
      try {
        for (const agent of [...idle, ...busy.map(({ agent }) => agent)]) await send(app, '/prices/oslo', { agent });
        for (let times = 1; times <= 3; times++) given.push([await holdOrder(t, app), await holdOrder(t, app)]);
        giveUpSome(); // Before the signal, after it, and when the server has closed.
        for (const how of hangUps) (await Board.open(app)).hangUp(how);
        await giveUpWholeOrders(app, redis);
        t.trail.begin(
          'idle connections, some that are asked without a pause, requests in flight, and others whose clients close their connections, or reset them',
        );
        const order = await holdOrder(t, app, kept());
        held.push(order);
        const long = await hold(tooLong);
        for (const question of otherAnswers) await hold(question);
        for (let n = 0; n < 2; n++) failing.push(await holdOrder(t, app, kept()));
        terminate(t, app);
        held.push(await holdOrder(t, app, kept()));
        giveUpSome();
        await askUntilRefused(t, app, { idle, busy, delayMs: env.DRAIN_DELAY_MS });
        giveUpSome();
        // An order comes first: what is wrong with its answer may be wrong with all, and would be told of any one of them.
        await mustSayClose(t, order, false);
        await Promise.all(held.map((each) => each === order || mustSayClose(t, each, each === long)));
        await mustFailWithClose(t, failing, redis);
        await mustEnd(t, app, {
          withinMs: 3_000,
          teaching: {
            because:
              'Everything is answered, or its client has hung up. What holds the process are connections that nobody uses, or requests that nobody waits for.',
            lookAt:
              'which connections became idle after the server had closed the idle ones, and what takes a request out of the count if its client closes its connection, or resets it?',
          },
        });
      } finally {
        for (const each of [...held, ...failing]) each.drop();
        for (const agent of agents) agent.destroy();
      }
    },
    { limitMs: 40_000, background: true },
  );
}

/** The body of a request in flight comes, when new connections are refused. */
async function mustSayClose(t: Stage, held: Held, mayBreak: boolean): Promise<void> {
  if (held.isAnswered) return; // Before the server closed, which was no reason to close a connection.
  const reply = await held.finish();
  if (reply.status === 0 && mayBreak) return;
  const isOrder = 'order' in held;
  t.require(isOrder ? reply.status === 201 : reply.status > 0, {
    step: `the body of ${held.what}, in flight when the server closed`,
    expected: isOrder ? '201' : 'an answer',
    seen: inWords(reply),
    because:
      reply.status === 0
        ? 'The request was in flight when the server closed, and got no answer. Its client can’t know what became of it.'
        : 'The order in flight was refused: what it needs was closed before it.',
    lookAt: 'which requests does the app wait for, from which moment on, and what do they need to the end?',
  });
  t.require(saysClose(reply), {
    step: `the body of ${held.what}, in flight when the server closed: ${reply.status}`,
    expected: '“Connection: close” in its answer',
    seen: `Connection: ${reply.headers.connection}`,
    because:
      'This is the last answer on its connection, and the client does not know. It may send the next request at the moment when the connection is closed.',
    lookAt: isOrder
      ? 'when is this header decided: when the request comes, or when the answer goes?'
      : 'who makes this answer, and does it pass whatever sets the header?',
  });
}
