import { setTimeout as delay } from 'node:timers/promises';
import type { BehaviourFailure, Instance, Stage } from '../harness/sdk/index.ts';
import { holdOrder } from './held.ts';
import { isYes } from './ready.ts';
import { inWords, type Reply, send } from './wire.ts';

const lookEveryMs = 20;
/** An instance that goes on to say that it is ready is not waited for. */
const noWithinMs = 2_000;
/** As long as Artillery waits. */
const answerWithinMs = 10_000;

/** On each instance that is deployed, an order whose body comes only when the instance has been told to end. */
export class OrdersInFlight {
  readonly #t: Stage;
  readonly #replies: Promise<Reply>[] = [];

  constructor(t: Stage) {
    this.#t = t;
  }

  /** Resolves when the app has the head. */
  async hold(app: Instance): Promise<void> {
    const held = await holdOrder(this.#t, app);
    this.#replies.push(untilTold(app).then(() => held.finish(answerWithinMs)));
  }

  /** What has become of them, if not each was answered. */
  async broken(): Promise<Omit<BehaviourFailure['failure'], 'kind'> | undefined> {
    const replies = await Promise.all(this.#replies);
    const broken = replies.find(({ status }) => status !== 201);
    if (!broken) return undefined;
    return {
      trail: [{ what: 'the load run, and an order in flight on each of three instances when it gets SIGTERM' }],
      expected: '201 for each',
      seen: inWords(broken),
      because: 'The order had reached the instance before it was told to end, and was cut off.',
      lookAt: 'what does the process wait for before it ends?',
    };
  }
}

/** Told to end, or ended. */
async function untilTold(app: Instance): Promise<void> {
  for (const until = performance.now() + noWithinMs; performance.now() < until; await delay(lookEveryMs))
    if (!isYes((await send(app, '/ready')).status)) return;
}
