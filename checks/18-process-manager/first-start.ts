import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, inWords } from './ask.ts';
import { skipOnWindows, startInTurn } from './turns.ts';
import { allowedCore, mustServe } from './workers.ts';

/** From the moment it asks Redis. One that does not wait for the answer listens in this time. */
const heldMs = 700;
const asks = 10;

/** Line 11, where nobody serves yet. Its two workers may use one core: their number is that of line 1 all the same. */
export function firstStartBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'first-start',
    'when PM2 starts, too, no worker gets a request before it has the list of sold-out events',
    {
      because:
        'A worker listened before it had its list. From that moment on it got requests that it could not answer.',
      lookAt: 'what must a worker have before it listens, at its first start, too?',
    },
    async (t) => {
      skipOnWindows(t);
      const door = await t.redis.openDoor();
      door.pause();
      const core = allowedCore();
      const under = core === undefined ? undefined : ['taskset', '-c', `${core}`];
      const started = startInTurn(t, { WEB_CONCURRENCY: '2', REDIS_URL: door.url }, { under });
      let listens = false;
      const isDone = () => {
        listens = true;
      };
      started.then(isDone, isDone); // What it throws is thrown below.
      while (!listens && door.connectionsSoFar === 0) await delay(20);
      for (const askedAt = performance.now(); !listens && performance.now() - askedAt < heldMs; ) await delay(20);
      const isEarly = listens;
      if (!isEarly) door.resume();
      const app = await started;
      t.trail.begin(isEarly ? 'Redis hangs while PM2 starts' : 'Redis is slow while PM2 starts');
      for (let n = 0; n < asks; n++) {
        const reply = await ask(app, '/prices/oslo');
        t.require(reply.status === 200, {
          step: 'GET /prices/oslo, as soon as somebody listens',
          expected: '200',
          seen: inWords(reply),
        });
      }
      await mustServe(t, app, 2, 'WEB_CONCURRENCY=2');
    },
    { limitMs: 60_000, background: true, further: true },
  );
}
