import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge } from 'prom-client';
import { registry } from './metrics.ts';

/** Watches how late this worker's event loop gets. */
export function watchLag(): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const longest = () => delay.max / 1e9;
  new Gauge({
    name: 'event_loop_lag_seconds',
    help: 'The longest that the event loop of a worker was late since the last report.',
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.set(longest());
      delay.reset();
    },
  });
}
