import type { Instance, Stage } from '../harness/sdk/index.ts';
import { orderOf } from './orders.ts';
import { isYes } from './ready.ts';
import { mustEnd } from './signals.ts';
import { inWords, send } from './wire.ts';

/** Until then nobody has a connection open. */
const aloneShare = 0.85;

/** Line 2, of an instance that nobody asks for most of the delay: whoever comes then is served as before. */
export async function mustServeWhoComes(
  t: Stage,
  app: Instance,
  { at, delayMs }: { at: number; delayMs: number },
): Promise<void> {
  const what = `DRAIN_DELAY_MS=${delayMs}; SIGTERM; then nobody has a connection open for a long time`;
  await app.exitedWithin(Math.max(0, at + delayMs * aloneShare - performance.now()));
  const asks = [
    { method: 'GET', path: '/live' },
    { method: 'GET', path: '/prices/oslo' },
    { method: 'POST', path: '/orders', body: orderOf('alone') },
  ];
  for (const ask of asks) {
    const reply = await send(app, ask.path, ask);
    const afterMs = reply.at - at;
    t.require(isYes(reply.status) || afterMs >= delayMs, {
      step: `${what}; ${ask.method} ${ask.path}, ${Math.round(afterMs)} ms after SIGTERM`,
      expected: `an answer as before, for ${delayMs} ms`,
      seen: inWords(reply),
      because:
        'A quiet moment is not the end of the delay. The next customer may come to any instance that the balancer has not found out about.',
      lookAt: 'what may end the delay before its time: that no connection is open, that nobody asks?',
    });
  }
  await mustEnd(t, app, { step: what, withinMs: Math.max(0, at + delayMs - performance.now()) + 5_000 });
}
