import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { Board } from './board.ts';
import { holdOrder } from './held.ts';
import { orderOf } from './orders.ts';
import { skipOnWindows, startReady } from './ready.ts';
import { mustEnd, terminate, untilRefused } from './signals.ts';
import { inWords, type Reply, send } from './wire.ts';

const delayMs = 1_500;
/** A timer may fire a little before its time, as another clock sees it. */
const clocksMs = 20;
/** How long after the server has closed a stream may still be open. */
const endsWithinMs = 2_000;

/** Line 9. */
export function streamBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'streams',
    'streams of GET /sales are served for DRAIN_DELAY_MS, then told to come again, and ended',
    {
      because:
        'A stream never ends by itself. The process waits for it until SHUTDOWN_TIMEOUT_MS, or the browser sees a broken connection.',
      lookAt: 'who knows the open streams, and what does a browser do when one ends?',
    },
    async (t) => {
      skipOnWindows(t);
      const app = await startReady(t, { DRAIN_DELAY_MS: String(delayMs), SHUTDOWN_TIMEOUT_MS: '30000' });
      const boards = [await Board.open(app), await Board.open(app)];
      const held = await holdOrder(t, app);
      try {
        t.trail.begin('two streams of GET /sales, and an order in flight');
        const at = terminate(t, app);
        await untilTold(app);
        boards.push(await Board.open(app));
        const sold = await sell(app, at);
        t.step('one more GET /sales, and an order, while DRAIN_DELAY_MS lasts');
        await untilRefused(t, app, 4_000, `after ${delayMs} ms`);
        for (const [n, board] of boards.entries()) await mustEndWell(t, board, { at, sold, isLate: n === 2 });
        const reply = await held.finish();
        t.require(reply.status === 201, {
          step: 'the body of the order in flight, after the streams have ended',
          expected: '201',
          seen: inWords(reply),
          because: 'An order that is stored is told to the open streams. One that has ended takes nothing more.',
          lookAt: 'what does the feed do with a stream that has ended?',
        });
        await mustEnd(t, app);
      } finally {
        held.drop();
        for (const board of boards) board.hangUp();
      }
    },
    { limitMs: 40_000, background: true, further: true },
  );
}

/** Until then the signal may still be on its way to the process. */
async function untilTold(app: Instance): Promise<void> {
  while ((await send(app, '/ready')).status === 200) await delay(10);
}

/** @returns the id of an order that was answered while the delay lasted, if the machine gave us the time. */
async function sell(app: Instance, at: number): Promise<string | undefined> {
  const order = orderOf('sold');
  const reply = await send(app, '/orders', { method: 'POST', body: order });
  return reply.status === 201 && reply.at - at < delayMs - clocksMs ? order.id : undefined;
}

interface Expected {
  at: number;
  sold: string | undefined;
  /** Opened after the signal. */
  isLate: boolean;
}

async function mustEndWell(t: Stage, board: Board, { at, sold, isLate }: Expected): Promise<void> {
  const which = isLate ? 'the stream that was opened after SIGTERM' : 'a stream that was open before SIGTERM';
  const stream = await Promise.race([board.ended, delay(endsWithinMs)]);
  t.require(stream, {
    step: which,
    expected: 'its end',
    seen: `it is still open ${endsWithinMs / 1_000} s after new connections are refused`,
  });
  const { status, broke, text, at: endedAt } = stream as Reply;
  const openMs = endedAt - at;
  if (isLate && !sold && status === 0) return; // It may have come after the delay.
  t.require(openMs >= delayMs - clocksMs, {
    step: which,
    expected: `it to be open for ${delayMs} ms after SIGTERM`,
    seen: `${status === 0 ? inWords(stream as Reply) : 'its end'} after ${Math.round(openMs)} ms`,
    because:
      'The browser comes again while the balancer does not know yet. It may come to the same instance, which is about to close.',
    lookAt: 'when are the streams ended, and what is still served at that moment?',
  });
  t.require(status === 200 && !broke, { step: which, expected: 'a proper end', seen: inWords(stream as Reply) });
  t.require(!sold || text.includes(sold), {
    step: which,
    expected: 'the order that was taken while DRAIN_DELAY_MS lasted',
    seen: JSON.stringify(text.slice(-60)),
    because: 'Until the server closes, everything is served as before, and so are the streams.',
    lookAt: 'which streams does the feed know, and until when?',
  });
  t.require(/^retry: ?\d+\r?$/m.test(text), {
    step: which,
    expected: 'a line “retry: …” before its end',
    seen: JSON.stringify(text.slice(-60)),
    because: 'Without it each browser waits as long as it likes, which is 3 to 5 s, and sees no orders meanwhile.',
    lookAt: 'which fields can an event stream have?',
  });
}
