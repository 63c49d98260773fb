import type { Agent } from 'node:http';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { orderOf } from './orders.ts';
import { untilRefused } from './signals.ts';
import { inWords, type Question, type Reply, saysClose, send } from './wire.ts';

/** What is asked on a connection without a pause. */
export interface BusyOne extends Question {
  path: string;
}

/** A 200, and answers that others make than the handler of a route: a 404 and a 400. */
export const busyOnes: BusyOne[] = [
  { path: '/prices/oslo' },
  { path: '/refunds' },
  { method: 'POST', path: '/orders', body: { ...orderOf('refused'), seats: 0 } },
];

/** Until a moment before the server closes, all these connections are in use. */
export async function askUntilRefused(
  t: Stage,
  app: Instance,
  { idle, busy, delayMs }: { idle: Agent[]; busy: BusyOne[]; delayMs: string },
): Promise<void> {
  let over = false;
  const untilTold = (path: string, question: Question) =>
    askUntilTold(
      () => send(app, path, question),
      () => over,
    );
  const last = busy.map((one) => untilTold(one.path, one));
  const recent = idle.map((agent) => untilTold('/live', { agent }));
  await untilRefused(t, app, 4_000, `after ${delayMs} ms`);
  over = true;
  await Promise.all(recent);
  const told = await Promise.all(last);
  // At once: the next request on each of them.
  await Promise.all(busy.map((one, n) => told[n]?.isTold || mustBeTold(t, app, one)));
}

async function mustBeTold(t: Stage, app: Instance, one: BusyOne): Promise<void> {
  const next = await send(app, one.path, one);
  t.require(next.status === 0 || saysClose(next), {
    step: `${one.method ?? 'GET'} ${one.path} on a connection that was asked without a pause, when new ones were refused`,
    expected: '“Connection: close” in the answer, or a connection that is closed already',
    seen: `${inWords(next)}, Connection: ${next.headers.connection}`,
    because:
      'A connection that is never idle is never closed as an idle one. Its client sends the next request, and the next.',
    lookAt: 'which answers tell the client that this connection ends with them?',
  });
}

/** One request after the other on a connection, until an answer says that it is the last, it breaks, or it is enough. */
async function askUntilTold(ask: () => Promise<Reply>, isOver: () => boolean): Promise<{ isTold: boolean }> {
  while (!isOver()) {
    const reply = await ask();
    if (reply.status === 0 || saysClose(reply)) return { isTold: true };
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { isTold: false };
}
