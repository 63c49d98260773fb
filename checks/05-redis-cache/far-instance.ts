import type { Instance, RedisDoor, Stage, Visitor } from '../harness/sdk/index.ts';
import { untilKept } from './steps.ts';

/** One more instance, whose way to Redis can be held without holding the others. It starts beside what is judged. */
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

  /** Until it runs and has found Redis. */
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

  /** How long it was held the last time, until now if it still is. */
  get heldForMs(): number {
    return this.#heldFrom === undefined ? this.#heldForMs : performance.now() - this.#heldFrom;
  }

  /** Nothing passes between it and Redis. */
  hold(): void {
    this.#heldFrom = performance.now();
    this.#door.pause();
  }

  /** Redis does what it says, and it does not hear of it. */
  holdReplies(): void {
    this.#heldFrom = performance.now();
    this.#door.holdReplies();
  }

  letGo(): void {
    this.#heldForMs = this.heldForMs;
    this.#heldFrom = undefined;
    this.#door.resume();
  }
}
