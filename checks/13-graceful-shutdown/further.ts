import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { orderOf } from './orders.ts';
import { ownRedis, skipOnWindows, startInTurn, startReady } from './ready.ts';
import { mustEnd, terminate, untilRefused } from './signals.ts';
import { HeldOrder, inWords, send } from './wire.ts';

const drainDelayMs = 300;
/** Several times what the drain takes, so that no end here comes from the deadline. */
const env = { DRAIN_DELAY_MS: String(drainDelayMs), SHUTDOWN_TIMEOUT_MS: '30000' };

/** Lines 8 to 12. */
export function furtherBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'more-signals',
    'SIGINT drains like SIGTERM, and a second signal changes nothing',
    {
      because:
        'An impatient deploy sends the signal twice, and Ctrl-C sends it to all. What is in flight is as much in flight as before.',
      lookAt: 'what does the second signal meet: a handler of yours, or the default?',
    },
    async (t) => {
      skipOnWindows(t);
      await Promise.all([
        survives(t, ['SIGTERM', 'SIGTERM', 'SIGINT', 'SIGTERM']),
        survives(t, ['SIGINT', 'SIGINT', 'SIGTERM', 'SIGINT']),
      ]);
    },
    { limitMs: 40_000, background: true, further: true },
  );

  behaviour(
    'streams',
    'open streams of GET /sales are told to come again, and end',
    {
      because:
        'A stream never ends by itself. The process waits for it until SHUTDOWN_TIMEOUT_MS, or the browser sees a broken connection.',
      lookAt: 'who knows the open streams, and what does a browser do when one ends?',
    },
    async (t) => {
      skipOnWindows(t);
      const app = await startReady(t, env);
      const before = send(app, '/sales', { withinMs: 20_000 });
      const held = await HeldOrder.begin(t, app);
      try {
        t.trail.begin('GET /sales, and an order in flight');
        terminate(t, app);
        await untilRefused(t, app, 4_000, `after ${drainDelayMs} ms`);
        const stream = await Promise.race([before, delay(2_000)]);
        t.require(stream, {
          expected: 'the stream to end',
          seen: 'it is still open 2 s after new connections are refused',
        });
        t.require(stream?.status === 200 && !stream.broke, {
          expected: 'a proper end of the stream',
          seen: stream ? inWords(stream) : '',
        });
        t.require(/^retry: ?\d+\r?$/m.test(stream?.text ?? ''), {
          expected: 'a line “retry: …” before its end',
          seen: JSON.stringify(stream?.text.slice(-60)),
          because:
            'Without it each browser waits as long as it likes, which is 3 to 5 s, and sees no orders meanwhile.',
          lookAt: 'which fields can an event stream have?',
        });
        const reply = await held.finish();
        t.require(reply.status === 201, {
          step: 'the body of the order in flight, after the stream has ended',
          expected: '201',
          seen: inWords(reply),
          because: 'An order that is stored is told to the open streams. One that has ended takes nothing more.',
          lookAt: 'what does the feed do with a stream that has ended?',
        });
        await mustEnd(t, app);
      } finally {
        held.drop();
      }
    },
    { limitMs: 40_000, background: true, further: true },
  );

  behaviour(
    'without-redis',
    'SIGTERM while Redis hangs ends the app all the same, also one that has no price list yet',
    {
      because: 'A good-bye to a Redis that does not reply takes for ever. So does waiting for a price list.',
      lookAt: 'what does the end of the process wait for?',
    },
    async (t) => {
      skipOnWindows(t);
      const redis = await ownRedis(t);
      const running = await startReady(t, { ...env, REDIS_URL: redis.appUrl });
      redis.pause();
      const starting = await startInTurn(t, { ...env, REDIS_URL: redis.appUrl });
      t.trail.begin('Redis hangs; one instance is running, one has just started');
      for (const app of [running, starting]) {
        await send(app, '/live');
        terminate(t, app);
        await mustEnd(t, app, { withinMs: 6_000, teaching: 'own' });
      }
    },
    { limitMs: 40_000, background: true, further: true },
  );

  behaviour(
    'log',
    'the log has a line for each order, also for the last ones',
    {
      because: 'Lines that wait to be written end with the process.',
      lookAt: 'what has to happen to the log before the process ends, however it ends?',
    },
    async (t) => {
      skipOnWindows(t);
      const drained = await startReady(t, env);
      const inTime = await HeldOrder.begin(t, drained);
      drained.signal('SIGTERM');
      await untilRefused(t, drained, 4_000, `after ${drainDelayMs} ms`);
      await inTime.finish();
      await mustEnd(t, drained);
      await mustBeLogged(t, drained, [inTime.order.id], 'SIGTERM; the last order is answered, and the process ends');

      const cutOff = await startReady(t, { ...env, SHUTDOWN_TIMEOUT_MS: '700' });
      const never = await HeldOrder.begin(t, cutOff);
      cutOff.signal('SIGTERM');
      const ids = [];
      for (let n = 0; n < 3; n++) {
        const order = orderOf('log');
        const { status } = await send(cutOff, '/orders', { method: 'POST', body: order });
        if (status === 201) ids.push(order.id);
      }
      await cutOff.exitedWithin(6_000);
      never.drop();
      await mustBeLogged(
        t,
        cutOff,
        ids,
        'SIGTERM; three orders are answered, and one never ends until SHUTDOWN_TIMEOUT_MS',
      );
    },
    { limitMs: 40_000, background: true, further: true },
  );

  behaviour(
    'half-a-head',
    'connections that have sent nothing, or half of a request’s head, do not hold the end up',
    {
      because:
        'For Node, the request whose head has begun is under way. It waits for the rest, and once the server is closed it looks at no time limit any more.',
      lookAt: 'which connections do server.close() and server.closeIdleConnections() leave open?',
    },
    async (t) => {
      skipOnWindows(t);
      const app = await startReady(t, env);
      const sockets = ['', 'GET /prices/oslo HTTP/1.1\r\nHost: desk\r\n'].map((head) => {
        const socket = connect(app.port, app.host, () => socket.write(head));
        return socket.on('error', () => {});
      });
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      const held = await HeldOrder.begin(t, app); // The app has accepted all three, in this order.
      try {
        t.trail.begin(
          'on one connection nothing is sent, on another “GET /prices/oslo HTTP/1.1” and no end of the head; an order is in flight',
        );
        terminate(t, app);
        await untilRefused(t, app, 4_000, `after ${drainDelayMs} ms`);
        const reply = await held.finish();
        t.require(reply.status === 201, { step: 'the body of the order', expected: '201', seen: inWords(reply) });
        await mustEnd(t, app, { teaching: 'own' });
      } finally {
        held.drop();
        for (const socket of sockets) socket.destroy();
      }
    },
    { limitMs: 40_000, background: true, further: true },
  );
}

/** The rest of the signals come while the first one's delay lasts, and after it. */
async function survives(t: Stage, [first = 'SIGTERM', second = 'SIGTERM', ...later]: NodeJS.Signals[]): Promise<void> {
  const app = await startReady(t, env);
  const held = await HeldOrder.begin(t, app);
  try {
    app.signal(first);
    await send(app, '/ready');
    app.signal(second);
    await untilRefused(t, app, 4_000, `after ${drainDelayMs} ms`);
    for (const signal of later) app.signal(signal);
    await app.exitedWithin(300);
    const reply = await held.finish();
    t.require(reply.status === 201, {
      step: `${[first, second, ...later].join(', ')}; then the body of an order in flight comes`,
      expected: '201',
      seen: inWords(reply),
    });
    await mustEnd(t, app);
  } finally {
    held.drop();
  }
}

async function mustBeLogged(t: Stage, app: Instance, ids: string[], step: string): Promise<void> {
  await app.drained();
  const text = app.stdout.since(0);
  const missing = ids.filter((id) => !text.includes(id));
  t.require(missing.length === 0, {
    step,
    expected: `a line with the id of each of ${ids.length} orders on standard output`,
    seen: `${missing.length} without one`,
  });
}
