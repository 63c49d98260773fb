import { Agent, get } from 'node:http';
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
  readonly #agent = new Agent({ keepAlive: false }); // A kept connection would be one more that a drain must see to.
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
    this.#agent.destroy();
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

  #ask({ host, port }: Target): Promise<boolean> {
    const { path, withinMs } = this.#options;
    return new Promise((resolve) => {
      const request = get({ host, port, path, agent: this.#agent, timeout: withinMs }, (answer) => {
        answer.resume();
        const { statusCode = 0 } = answer;
        resolve(statusCode >= 200 && statusCode < 300);
      });
      request.on('timeout', () => request.destroy());
      request.on('error', () => resolve(false));
    });
  }
}
