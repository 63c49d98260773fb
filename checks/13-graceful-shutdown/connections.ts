import type { CheckDefinition } from '../harness/sdk/index.ts';
import { orderOf } from './orders.ts';
import { skipOnWindows, startReady } from './ready.ts';
import { mustEnd, terminate, untilRefused } from './signals.ts';
import { HeldOrder, inWords, keptByClient, type Reply, send } from './wire.ts';

const env = { DRAIN_DELAY_MS: '300', SHUTDOWN_TIMEOUT_MS: '30000' };
/** Longer than the balancer keeps a connection, and shorter than an app that knows it. */
const idleMs = 5_500;

/** Lines 3 and 4. */
export function connectionBehaviours(behaviour: CheckDefinition['behaviour']): void {
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
      const app = await startReady(t, env);
      const idle = Array.from({ length: 3 }, keptByClient);
      const busy = keptByClient();
      const carrier = keptByClient();
      const late = keptByClient();
      const held: HeldOrder[] = [];
      t.trail.begin('three idle connections, one that is asked without a pause, an order in flight, and two given up');
      try {
        for (const agent of [...idle, busy, carrier, late]) await send(app, '/prices/oslo', { agent });
        const given = [await HeldOrder.begin(t, app), await HeldOrder.begin(t, app)];
        given[0]?.drop(); // Its client hangs up before the signal, and the other one after it.
        held.push(await HeldOrder.begin(t, app, carrier));
        terminate(t, app);
        held.push(await HeldOrder.begin(t, app, late));
        given[1]?.drop();
        let over = false;
        const last = askUntilTold(
          () => send(app, '/prices/oslo', { agent: busy }),
          () => over,
        );
        // In use until a moment before the server closes.
        const recent = Promise.all(
          idle.map((agent) =>
            askUntilTold(
              () => send(app, '/live', { agent }),
              () => over,
            ),
          ),
        );
        await untilRefused(t, app, 3_000, `after ${env.DRAIN_DELAY_MS} ms`);
        over = true;
        await recent;
        const told = await last;
        const next = told.isTold ? undefined : await send(app, '/prices/oslo', { agent: busy });
        t.require(!next || next.status === 0 || saysClose(next), {
          step: 'GET /prices/oslo on the connection that was asked without a pause, when new ones were refused',
          expected: '“Connection: close” in the answer, or a connection that is closed already',
          seen: next ? `${inWords(next)}, Connection: ${next.headers.connection}` : '',
          because:
            'A connection that is never idle is never closed as an idle one. Its client sends the next request, and the next.',
          lookAt: 'which answers tell the client that this connection ends with them?',
        });
        for (const each of held) {
          const reply = await each.finish();
          t.require(reply.status === 201, {
            step: 'the body of an order in flight',
            expected: '201',
            seen: inWords(reply),
          });
          t.require(saysClose(reply), {
            step: 'the body of an order that was in flight when the server closed',
            expected: '“Connection: close” in its answer',
            seen: `Connection: ${reply.headers.connection}`,
            because:
              'This is the last answer on its connection, and the client does not know. It may send the next request at the moment when the connection is closed.',
            lookAt: 'when is this header decided: when the request comes, or when the answer goes?',
          });
        }
        await mustEnd(t, app, {
          withinMs: 3_000,
          teaching: {
            because:
              'Everything is answered, or given up by its client. What holds the process are connections that nobody uses.',
            lookAt:
              'which connections became idle after the server had closed the idle ones, and does the app count requests whose client has hung up?',
          },
        });
      } finally {
        for (const each of held) each.drop();
        for (const agent of [...idle, busy, carrier, late]) agent.destroy();
      }
    },
    { limitMs: 40_000, background: true },
  );

  behaviour(
    'keep-alive',
    'a connection that was idle for 5.5 s still serves',
    {
      because:
        'The balancer keeps idle connections for 5 s. If the app closes them sooner, the balancer sends a request on one that is just being closed.',
      lookAt: 'how long does the server keep an idle connection?',
    },
    async (t) => {
      const app = await startReady(t);
      const agent = keptByClient();
      try {
        await send(app, '/prices/oslo', { agent });
        const [socket] = Object.values(agent.freeSockets).flat();
        t.require(socket, {
          step: 'GET /prices/oslo on a connection that the client keeps',
          expected: 'a connection that stays open',
          seen: 'the app closed it after its answer',
        });
        const idleSince = performance.now();
        const closed = await new Promise<boolean>((resolve) => {
          socket?.once('close', () => resolve(true));
          setTimeout(() => resolve(false), idleMs);
        });
        t.require(!closed, {
          step: 'GET /prices/oslo; then the connection is idle',
          expected: `it to be open for ${idleMs / 1_000} s`,
          seen: `closed after ${((performance.now() - idleSince) / 1_000).toFixed(1)} s`,
        });
        const reply = await send(app, '/orders', { method: 'POST', body: orderOf('idle'), agent });
        t.require(reply.status === 201, {
          step: `POST /orders on it, after ${idleMs / 1_000} s`,
          expected: '201',
          seen: inWords(reply),
        });
      } finally {
        agent.destroy();
      }
    },
    { limitMs: 30_000, background: true },
  );
}

const saysClose = ({ headers }: Reply) => /\bclose\b/i.test(headers.connection ?? '');

/** One request after the other on a connection, until an answer says that it is the last, it breaks, or it is enough. */
async function askUntilTold(ask: () => Promise<Reply>, isOver: () => boolean): Promise<{ isTold: boolean }> {
  while (!isOver()) {
    const reply = await ask();
    if (reply.status === 0 || saysClose(reply)) return { isTold: true };
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { isTold: false };
}
