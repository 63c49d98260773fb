import { once } from 'node:events';
import { connect } from 'node:net';
import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { holdOrder } from './held.ts';
import { skipOnWindows, startReady } from './ready.ts';
import { mustEnd, untilRefused } from './signals.ts';
import { inWords, send } from './wire.ts';

const drainDelayMs = 300;
const env = { DRAIN_DELAY_MS: String(drainDelayMs), SHUTDOWN_TIMEOUT_MS: '30000' };
const whole = 'GET /live HTTP/1.1\r\nHost: desk\r\n\r\n';
const half = 'GET /prices/oslo HTTP/1.1\r\nHost: desk\r\n';

/** Line 12. */
export function halfAHeadBehaviour(behaviour: CheckDefinition['behaviour']): void {
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
      await Promise.all([endsInSpite(t, { inFlight: true }), endsInSpite(t, { inFlight: false })]);
    },
    { limitMs: 40_000, background: true, further: true },
  );
}

async function endsInSpite(t: Stage, { inFlight }: { inFlight: boolean }): Promise<void> {
  const app = await startReady(t, env);
  const sockets = ['', half, whole + half].map((head) => {
    const socket = connect(app.port, app.host, () => socket.write(head));
    return socket.on('error', () => {});
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  await send(app, '/live'); // The app has accepted all of them, in this order.
  const held = inFlight ? await holdOrder(t, app) : undefined;
  const connections =
    'on one connection nothing is sent, on two “GET /prices/oslo HTTP/1.1” and no end of the head, on one of them after a whole request';
  const step = `${connections}; ${inFlight ? 'an order' : 'nothing else'} is in flight; SIGTERM`;
  try {
    app.signal('SIGTERM');
    await untilRefused(t, app, 4_000, `after ${drainDelayMs} ms`);
    const reply = await held?.finish();
    t.require(!reply || reply.status === 201, {
      step: 'the body of the order',
      expected: '201',
      seen: reply ? inWords(reply) : '',
    });
    await mustEnd(t, app, { step, teaching: 'own' });
  } finally {
    held?.drop();
    for (const socket of sockets) socket.destroy();
  }
}
