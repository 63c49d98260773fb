import { AggregatorRegistry, Counter, Registry } from 'prom-client';

/** What all workers have counted, as prom-client asks them. */
export class Totals {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #own = new Registry();
  readonly #workers = new AggregatorRegistry();

  readonly replaced = new Counter({
    name: 'workers_replaced_total',
    help: 'Workers that ended although nobody told the app to.',
    registers: [this.#own],
  });

  async text(): Promise<string> {
    return `${await this.#workers.clusterMetrics()}\n${await this.#own.metrics()}`;
  }
}
