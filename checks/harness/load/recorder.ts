import { tell } from '../model/check-events.ts';
import type { LoadRecord, LoadSample } from '../model/result.ts';
import type { SeenAnswer } from '../net/balancer.ts';
import { InsideView } from './inside-view.ts';
import type { LoadScene } from './load-scene.ts';

/** Length of one sample. A load lasts some five seconds, so a picture of it has about twenty points. */
const sampleMs = 250;
/** More answers than that make no better picture, only a larger one. */
const mostAnswers = 2_000;

/**
 * Watches a load run from outside Artillery, which reports in buckets of ten seconds: the time to first byte of each answer
 * where visitors come in, and what `InsideView` sees. Tells the progress, too. It is for pictures only: where it fails, there
 * is no record, and the verdict stands.
 */
export class LoadRecorder {
  readonly #environment: LoadScene;
  readonly #inside: InsideView;
  readonly #samples: LoadSample[] = [];
  readonly #answers: SeenAnswer[] = [];
  readonly #timer: NodeJS.Timeout;
  #startedAt: number | undefined;
  #recent: number[] = [];
  #broken = false;

  constructor(environment: LoadScene) {
    this.#environment = environment;
    this.#inside = new InsideView(environment);
    this.#attempt(() => {
      environment.door.takeAnswers();
      this.#inside.look();
    });
    this.#timer = setInterval(() => this.#attempt(() => this.#sample()), sampleMs);
  }

  /** Ends the watching. The silence after the last answer is left out; without any answer there is no record. */
  stop(): LoadRecord | undefined {
    clearInterval(this.#timer);
    this.#inside.close();
    this.#attempt(() => this.#sample());
    if (this.#broken || this.#startedAt === undefined) return undefined;
    const startedAt = this.#startedAt;
    const last = this.#samples.findLastIndex(({ requests }) => requests > 0);
    const step = Math.ceil(this.#answers.length / mostAnswers);
    return {
      sampleMs,
      samples: this.#samples.slice(0, last + 1),
      answers: this.#answers
        .filter((_, index) => index % step === 0)
        .map(({ at, ms, status }) => [Math.round(at - startedAt), rounded(ms), status]),
    };
  }

  /** Nothing here may end a load run, or the thread that judges it. */
  #attempt(act: () => void): void {
    if (this.#broken) return;
    try {
      act();
    } catch {
      this.#broken = true;
    }
  }

  #sample(): void {
    const answers = this.#environment.door.takeAnswers();
    this.#startedAt ??= answers[0]?.at;
    const { eventLoopDelayP99Ms, ...seen } = this.#inside.take();
    if (this.#startedAt !== undefined) {
      this.#answers.push(...answers);
      this.#samples.push({
        atMs: Math.round(performance.now() - this.#startedAt),
        requests: answers.length,
        ...(eventLoopDelayP99Ms === undefined ? {} : { eventLoopDelayP99Ms: rounded(eventLoopDelayP99Ms) }),
        ...seen,
      });
    }
    this.#inside.look();
    this.#showProgress(answers.map(({ ms }) => ms));
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
