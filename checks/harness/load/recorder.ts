import type { Environment } from '../environment.ts';
import { tell } from '../progress.ts';
import type { LoadRecord, LoadSample } from '../result.ts';

/** Length of one sample. A load lasts some five seconds, so a picture of it has about twenty points. */
const sampleMs = 250;
/** More answers than that make no better picture, only a larger one. */
const mostAnswers = 2_000;

/**
 * Watches a load run from outside Artillery, which reports in buckets of ten seconds: the time to first byte of each answer
 * where visitors come in, how late the event loop of the app is, and calls to the supplier. Tells the progress, too.
 */
export class LoadRecorder {
  readonly #environment: Environment;
  readonly #samples: LoadSample[] = [];
  readonly #answers: { at: number; ms: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #startedAt: number | undefined;
  #recent: number[] = [];
  #inside: Promise<void> | undefined;
  #eventLoopDelay: number | undefined;
  #callsSoFar: number | undefined;
  #calls = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
    environment.door.takeAnswers();
    this.#lookInside();
    this.#timer = setInterval(() => this.#sample(), sampleMs);
  }

  /** Ends the watching. The silence after the last answer is left out. */
  stop(): LoadRecord {
    clearInterval(this.#timer);
    this.#sample();
    const last = this.#samples.findLastIndex(({ requests }) => requests > 0);
    const step = Math.ceil(this.#answers.length / mostAnswers);
    const startedAt = this.#startedAt ?? 0;
    return {
      sampleMs,
      samples: this.#samples.slice(0, last + 1),
      answers: this.#answers
        .filter((_, index) => index % step === 0)
        .map(({ at, ms }) => [Math.round(at - startedAt), rounded(ms)]),
    };
  }

  #sample(): void {
    const answers = this.#environment.door.takeAnswers();
    this.#startedAt ??= answers[0]?.at;
    if (this.#startedAt !== undefined) {
      this.#answers.push(...answers);
      this.#samples.push({
        atMs: Math.round(performance.now() - this.#startedAt),
        requests: answers.length,
        ...(this.#eventLoopDelay === undefined ? {} : { eventLoopDelayP99Ms: rounded(this.#eventLoopDelay) }),
        ...(this.#environment.supplier ? { supplierCalls: this.#calls } : {}),
      });
    }
    this.#eventLoopDelay = undefined;
    this.#calls = 0;
    this.#lookInside();
    this.#showProgress(answers.map(({ ms }) => ms));
  }

  /** Asks for what only the processes know. A blocked event loop answers late, so nothing waits for it. */
  #lookInside(): void {
    this.#inside ??= Promise.all([this.#readProbes(), this.#readSupplier()])
      .then(() => {})
      .finally(() => {
        this.#inside = undefined;
      });
  }

  async #readProbes(): Promise<void> {
    const delays = await Promise.all(
      this.#environment.instances.map(async ({ probe }) => {
        const reading = await probe.read().catch(() => undefined); // No probe, no figure: this is for pictures only.
        if (reading) await probe.reset().catch(() => {});
        return reading?.eventLoopDelay.p99;
      }),
    );
    const known = delays.filter((delay) => delay !== undefined);
    if (known.length > 0) this.#eventLoopDelay = Math.max(...known);
  }

  async #readSupplier(): Promise<void> {
    const total = await this.#environment.supplier?.total().catch(() => undefined);
    if (total === undefined) return;
    if (this.#callsSoFar !== undefined) this.#calls += total - this.#callsSoFar;
    this.#callsSoFar = total;
  }

  /** A line a second with the rate and p95 where visitors come in. */
  #showProgress(latencies: number[]): void {
    this.#recent.push(...latencies);
    const samplesASecond = 1_000 / sampleMs;
    if (this.#samples.length % samplesASecond !== 0) return;
    const recent = this.#recent.sort((a, b) => a - b);
    this.#recent = [];
    const text =
      recent.length === 0
        ? 'load: no answers yet'
        : `load: ${recent.length} requests/s, p95 ${Math.round(recent[Math.floor(recent.length * 0.95)] ?? 0)} ms`;
    tell({ type: 'doing', text });
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
