import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { isYes } from './ready.ts';
import { inWords, send } from './wire.ts';

const restMs = 50;

export interface Told {
  /** What was done. */
  what: string;
  /** When it got SIGTERM. */
  at: number;
  delayMs: number;
}

/** GET /ready and GET /live of an instance that has been told to end, while the delay lasts. */
export async function mustSayNo(t: Stage, app: Instance, { what, at, delayMs }: Told): Promise<void> {
  const live = await send(app, '/live');
  const isOver = live.at - at >= delayMs;
  if (live.status === 0 && !isOver) await app.exitedWithin(restMs); // It breaks some milliseconds before the process has ended.
  t.require(live.status === 200 || isOver, {
    step: `${what}: GET /live, ${Math.round(live.at - at)} ms after SIGTERM`,
    expected: `200, for ${delayMs} ms`,
    seen: app.exited ? `the process has ended, ${app.ending()}` : inWords(live),
    ...(live.status > 0 ? restarted : endsEarly),
  });
  const ready = await send(app, '/ready');
  t.require(!isYes(ready.status), {
    step: `${what}: GET /ready, ${Math.round(ready.at - at)} ms after SIGTERM`,
    expected: '503 until the end',
    seen: String(ready.status),
    because: 'The instance says that it is ready, and is about to close. The balancer sends requests that are refused.',
    lookAt: 'what sets the state that GET /ready reads, and does it ask whether the process has been told to end?',
  });
  await delay(restMs);
}

const endsEarly: Teaching = {
  because: 'An instance that is not ready drains like any other: an order may be in flight, or on its way.',
  lookAt: 'from which moment on does the process answer SIGTERM, and what may end it before its time?',
};

const restarted: Teaching = {
  because: 'The process drains, and is alive. An orchestrator that reads this kills it with whatever is in flight.',
  lookAt: 'what does GET /live ask, and what changes with SIGTERM?',
};
