import { AggregatorRegistry, Counter, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';

export type Counted = MetricObjectWithValues<MetricValue<string>>[];

/** What all workers have counted, also those that have ended: a counter that falls looks like a restart of everything. */
export class Totals {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #own = new Registry();
  readonly #latest = new Map<number, Counted>();
  /** The sum of the ended. One, however many have ended. */
  #ended: Promise<Counted> = Promise.resolve([]);

  readonly replaced = new Counter({
    name: 'workers_replaced_total',
    help: 'Workers that ended although nobody told the app to.',
    registers: [this.#own],
  });

  /** A worker's report is everything that it has counted since its start. */
  hear(worker: number, counted: Counted): void {
    this.#latest.set(worker, counted);
  }

  /** What a worker has counted stays. What it was doing, such as requests in flight, has ended with it. */
  end(worker: number): void {
    const counts = (this.#latest.get(worker) ?? []).filter(({ type }) => String(type) !== 'gauge');
    this.#latest.delete(worker);
    this.#ended = this.#ended.then((before) => sum([before, counts]).getMetricsAsJSON());
  }

  async text(): Promise<string> {
    const latest = [...this.#latest.values()];
    const workers = sum([await this.#ended, ...latest]);
    return `${await workers.metrics()}\n${await this.#own.metrics()}`;
  }
}

function sum(reports: Counted[]): Registry {
  return AggregatorRegistry.aggregate(reports);
}
