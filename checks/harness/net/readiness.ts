import { plainRequest } from './plain-request.ts';
import type { Target } from './target.ts';

/** What a balancer asks its instances, as a deploy's load balancer does. */
export interface ReadinessOptions {
  /** "/ready". */
  path: string;
  everyMs: number;
  /** An instance that has not answered by then is not ready. */
  withinMs?: number;
}

/** Asks each instance again and again whether it may get requests. One that has not been asked yet is not ready. */
export class Readiness {
  readonly #options: Required<ReadinessOptions>;
  #targets: readonly Target[] = [];
  #ready = new Set<Target>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReadinessOptions) {
    this.#options = { withinMs: 1_000, ...options };
  }

  /** Begins to ask these and forgets the others. Resolves when each has been asked once. */
  async watch(targets: readonly Target[]): Promise<void> {
    clearTimeout(this.#timer);
    this.#targets = targets;
    this.#ready = new Set([...this.#ready].filter((target) => targets.includes(target)));
    await this.#round(targets);
  }

  isReady(target: Target): boolean {
    return this.#ready.has(target);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#targets = [];
  }

  async #round(targets: readonly Target[]): Promise<void> {
    const startedAt = performance.now();
    await Promise.all(
      targets.map(async (target) => {
        const ready = await this.#ask(target);
        if (this.#targets !== targets) return; // Others are asked by now.
        if (ready) this.#ready.add(target);
        else this.#ready.delete(target);
      }),
    );
    if (this.#targets !== targets || targets.length === 0) return;
    const wait = Math.max(0, this.#options.everyMs - (performance.now() - startedAt));
    this.#timer = setTimeout(() => void this.#round(targets), wait);
    this.#timer.unref();
  }

  async #ask({ host, port }: Target): Promise<boolean> {
    const { path, withinMs } = this.#options;
    // On a connection of its own: a kept one would be one more that a drain must see to.
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
    const { status } = await plainRequest(url, { withinMs }).catch(() => ({ status: 0 }));
    return status >= 200 && status < 300;
  }
}
