import { setTimeout as delay } from 'node:timers/promises';
import type { Instance } from '../harness/sdk/index.ts';

const lookEveryMs = 3_000;

/** Whoever neither answers nor computes will never answer: nobody need wait for that, also on a machine that is busy. */
export class Stillness {
  readonly #app: Instance;
  #cpuMs: number;
  #lookedAt = performance.now();

  constructor(app: Instance) {
    this.#app = app;
    this.#cpuMs = app.cpuMs();
  }

  /** Whether the app has computed next to nothing for three seconds. False where CPU time can't be told. */
  now(): boolean {
    if (performance.now() - this.#lookedAt < lookEveryMs) return false;
    const usedMs = this.#app.cpuMs() - this.#cpuMs;
    const still = this.#cpuMs > 0 && usedMs <= 0.02 * lookEveryMs && !this.#app.exited;
    this.#cpuMs += usedMs;
    this.#lookedAt = performance.now();
    return still;
  }
}

/** Whether an app comes to that before anything else happens. */
export async function isStill(app: Instance, isOver: () => boolean): Promise<boolean> {
  const stillness = new Stillness(app);
  while (!isOver()) {
    if (stillness.now()) return true;
    await delay(20);
  }
  return false;
}
