import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { noWithinMs } from './until-no.ts';
import { inWords, send } from './wire.ts';

const endedWithinMs = 300;
/** As the balancer does: an app may try again when it is asked. */
const lookEveryMs = 200;

/** Live, and not ready. */
export async function mustBeCold(t: Stage, app: Instance, when: string, forMs: number): Promise<void> {
  const from = t.trail.length;
  for (let looks = 0, until = performance.now() + forMs; looks < 3 || performance.now() < until; looks++) {
    const live = await send(app, '/live');
    const ready = await send(app, '/ready', { withinMs: noWithinMs });
    t.trail.retell(from);
    if (live.status === 0 || ready.status === 0) await mustNotHaveEnded(t, app, when);
    t.require(live.status === 200, {
      step: `GET /live ${when}`,
      expected: '200',
      seen: inWords(live),
      because: 'The process is alive and waits. An orchestrator that reads this restarts it, and it begins from anew.',
      lookAt: 'what does GET /live ask?',
    });
    t.require(ready.status === 503, {
      step: `GET /ready ${when}`,
      expected: '503 within 2 s',
      seen: inWords(ready),
    });
    await delay(lookEveryMs);
  }
}

/** A connection breaks some milliseconds before the process that held it has ended. */
async function mustNotHaveEnded(t: Stage, app: Instance, when: string): Promise<void> {
  t.require(!(await app.exitedWithin(endedWithinMs)), {
    step: `GET /live and GET /ready ${when}`,
    expected: '200 and 503',
    seen: `the process has ended by itself, ${app.ending()}`,
    because: 'No list is no reason to end. A new process finds none either, and is not live until it listens.',
    lookAt: 'who ends the process when the price list does not come?',
  });
}
