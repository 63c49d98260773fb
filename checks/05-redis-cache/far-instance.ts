import { BehaviourFailure, type Instance, type RedisDoor, type Stage, type Visitor } from '../harness/sdk/index.ts';
import { untilKept } from './steps.ts';

/** A right app waits at least so long for a reply of Redis before it goes on without. */
const shortestTimeoutMs = 250;

/** One more instance, whose way to Redis can be held without holding the others. It starts while other things are judged. */
export class FarInstance {
  readonly #stage: Stage;
  readonly #door: RedisDoor;
  readonly #started: Promise<Instance>;
  #instance: Instance | undefined;
  #heldFrom: number | undefined;
  #heldForMs = 0;

  constructor(stage: Stage, door: RedisDoor) {
    this.#stage = stage;
    this.#door = door;
    this.#started = stage.startExtra({ env: { REDIS_URL: door.url } });
    this.#started.catch(() => {}); // Awaited when it is needed.
  }

  /** Until it is running and connected to Redis. */
  async ready(): Promise<void> {
    this.#instance = await this.#started;
    await this.#stage.supplier.setLatency(0);
    await untilKept(this.visitor, this.#stage.supplier, '/events/2');
  }

  get url(): string {
    return this.#instance?.url ?? '';
  }

  get visitor(): Visitor {
    if (!this.#instance) throw new TypeError('not ready');
    return this.#stage.visitor({ at: this.#instance });
  }

  /** How long it was held last time, or has been held until now. */
  get heldForMs(): number {
    return this.#heldFrom === undefined ? this.#heldForMs : performance.now() - this.#heldFrom;
  }

  /** Nothing passes between it and Redis. */
  hold(): void {
    this.#heldFrom = performance.now();
    this.#door.pause();
  }

  /** Redis does what it says, and the replies are held. */
  holdReplies(): void {
    this.#heldFrom = performance.now();
    this.#door.holdReplies();
  }

  /** After `holdReplies`: it hears one reply, and the next ones are held. */
  passReply(): void {
    this.#door.passReply();
  }

  letGo(): void {
    this.#heldForMs = this.heldForMs;
    this.#heldFrom = undefined;
    this.#door.resume();
  }
}

/**
 * On a busy machine a moment without Redis may take long, and then an app is right to go on without. A wrong app may be late
 * by itself, which looks as if it waited. So a judgement that was not sure is made again with other events.
 * @param judge fails, or says whether it was sure. It is given an event that nobody has read or changed yet.
 */
export async function untilForced(
  t: Stage,
  far: FarInstance,
  ids: number[],
  judge: (id: string) => Promise<boolean>,
): Promise<void> {
  let held = false;
  for (const id of ids) {
    t.trail.begin();
    try {
      if (await judge(String(id))) return;
      held = true;
    } catch (error) {
      far.letGo();
      if (!(error instanceof BehaviourFailure) || far.heldForMs < shortestTimeoutMs) throw error;
    }
  }
  if (!held) t.inconclusive('the machine was too busy to hold back Redis for a short moment only');
}
