import type { ReadinessOptions } from '../model/balancing.ts';
import { plainRequest } from './plain-request.ts';
import type { Target } from './target.ts';

/** What the balancer says with its 503. */
export const noneIsReady = 'no instance is ready';

interface Looks {
  ready: boolean;
  /** performance.now() when the last look began. */
  at: number;
  timer?: NodeJS.Timeout;
  /** Resolved by the next look. */
  next: PromiseWithResolvers<void>;
}

/**
 * Asks each instance again and again whether it may get requests, each at its own pace: one that hangs holds up no look at
 * the others. One that has not been asked yet is not ready.
 */
export class Readiness {
  readonly #options: Required<ReadinessOptions>;
  readonly #looks = new Map<Target, Looks>();
  #longestGapMs = 0;

  constructor(options: ReadinessOptions) {
    this.#options = { withinMs: 1_000, ...options };
  }

  /** Begins to ask these and forgets the others. Resolves when each new one has been asked once. */
  async watch(targets: readonly Target[]): Promise<void> {
    for (const target of this.#looks.keys()) if (!targets.includes(target)) this.#forget(target);
    const added = targets.filter((target) => !this.#looks.has(target));
    await Promise.all(
      added.map((target) => {
        const looks = { ready: false, at: performance.now(), next: Promise.withResolvers<void>() };
        this.#looks.set(target, looks);
        return this.#look(target, looks);
      }),
    );
  }

  isReady(target: Target): boolean {
    return this.#looks.get(target)?.ready ?? false;
  }

  /** Resolves at the end of the next look, or when nobody looks at this target any more. */
  async nextLook(target: Target): Promise<void> {
    await this.#looks.get(target)?.next.promise;
  }

  takeLongestGapMs(): number {
    const gapMs = this.#longestGapMs;
    this.#longestGapMs = 0;
    return gapMs;
  }

  close(): void {
    for (const target of this.#looks.keys()) this.#forget(target);
  }

  #forget(target: Target): void {
    const looks = this.#looks.get(target);
    clearTimeout(looks?.timer);
    looks?.next.resolve();
    this.#looks.delete(target);
  }

  async #look(target: Target, looks: Looks): Promise<void> {
    const startedAt = performance.now();
    const ready = await this.#ask(target);
    if (this.#looks.get(target) !== looks) return; // Forgotten meanwhile.
    const now = performance.now();
    this.#longestGapMs = Math.max(this.#longestGapMs, now - looks.at);
    looks.at = startedAt;
    looks.ready = ready;
    const { next } = looks;
    looks.next = Promise.withResolvers();
    next.resolve();
    const wait = Math.max(0, this.#options.everyMs - (now - startedAt));
    looks.timer = setTimeout(() => void this.#look(target, looks), wait);
    looks.timer.unref();
  }

  async #ask({ host, port }: Target): Promise<boolean> {
    const { path, withinMs } = this.#options;
    // On a connection of its own: a kept one would be one more that a drain must see to.
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
    const { status } = await plainRequest(url, { withinMs }).catch(() => ({ status: 0 }));
    return status >= 200 && status < 300;
  }
}
