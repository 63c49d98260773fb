import type { Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { untilReady } from './ready.ts';
import { untilNo } from './until-no.ts';

/** Of Redis' return, and what a busy machine may add. */
const backWithinMs = 6_000;

export interface Outage {
  /** As in "Redis is gone again". */
  what: string;
  begin(): unknown;
  end(): unknown;
}

/** Line 6, of an instance that has had outages before: each of these lasts until it was noticed, and not a moment longer. */
export async function mustTellEach(t: Stage, app: Instance, outages: Outage[]): Promise<void> {
  for (const { what, begin, end } of outages) {
    await begin();
    await untilNo(t, app, { what, expected: '503 within 2 s, as before', ...unnoticed });
    await end();
    const step = `${what}, and is there now; GET /ready, again and again`;
    await untilReady(t, app, { step, deadlineMs: backWithinMs });
  }
}

const unnoticed: Teaching = {
  because:
    'An outage before this one was noticed, and this one is not. The balancer sends orders to an instance that can store none.',
  lookAt: 'what has noticed the first outage, and does it go on looking once Redis is back?',
};
