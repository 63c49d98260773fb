import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge } from 'prom-client';
import { registry } from './metrics.ts';

/** Watches how late this worker's event loop gets. */
export function watchLag(): void {
  const monitor = monitorEventLoopDelay({ resolution: 10 });
  monitor.enable();
  new Gauge({
    name: 'event_loop_lag_seconds',
    help: 'The longest that the event loop of a worker was late.',
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.set(monitor.max / 1e9);
    },
  });
}
