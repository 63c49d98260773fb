import { Histogram } from './histogram.ts';
import type { Told } from './told.ts';

const LAG_KEPT_MS = 10_000;
const STUCK_AFTER_MS = 1_000;

/** Everything that the workers have told. */
export class Figures {
  readonly #requests = new Histogram('http_request_duration_seconds');
  readonly #calls = new Histogram('supplier_request_duration_seconds');
  readonly #inFlight = new Map<number, number>();
  readonly #heardAt = new Map<number, number>();
  #lags: { seconds: number; at: number }[] = [];
  #replaced = 0;

  hear(worker: number, told: Told): void {
    this.#heardAt.set(worker, performance.now());
    const begun = this.#inFlight.get(worker) ?? 0;
    if (told.about === 'begun') this.#inFlight.set(worker, begun + 1);
    else if (told.about === 'call') this.#calls.observe(told.labels, told.seconds);
    else if (told.about === 'lag') this.#lags.push({ seconds: told.seconds, at: performance.now() });
    else {
      this.#inFlight.set(worker, begun - 1);
      this.#requests.observe(told.labels, told.seconds);
    }
    this.#lags = this.#lags.filter(({ at }) => performance.now() - at < LAG_KEPT_MS);
  }

  ended(worker: number): void {
    this.#inFlight.delete(worker);
    this.#heardAt.delete(worker);
  }

  countReplaced(): void {
    this.#replaced++;
  }

  text(): string {
    const inFlight = [...this.#inFlight.values()].reduce((sum, begun) => sum + begun, 0);
    // A worker that is stuck can’t say so.
    const silentMs = [...this.#heardAt.values()]
      .map((at) => performance.now() - at)
      .filter((ms) => ms > STUCK_AFTER_MS);
    const lag = Math.max(0, ...this.#lags.map(({ seconds }) => seconds), ...silentMs.map((ms) => ms / 1_000));
    const lines = [
      ...this.#requests.lines(),
      ...this.#calls.lines(),
      '# TYPE http_requests_in_flight gauge',
      `http_requests_in_flight ${inFlight}`,
      '# TYPE event_loop_lag_seconds gauge',
      `event_loop_lag_seconds ${lag}`,
      '# TYPE workers_replaced_total counter',
      `workers_replaced_total ${this.#replaced}`,
    ];
    return `${lines.join('\n')}\n`;
  }
}
