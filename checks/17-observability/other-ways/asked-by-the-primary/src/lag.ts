import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge } from 'prom-client';
import { registry } from './metrics.ts';

/** A scrape every 15 s would miss a maximum that is forgotten at once. */
const SECONDS_KEPT = 6;

/**
 * Watches how late this worker's event loop gets. With two monitors, because `reset()` also forgets a delay that is just
 * under way: they are reset in turn, and the other one has it.
 */
export function watchLag(): void {
  const monitors = [1, 2].map(() => monitorEventLoopDelay({ resolution: 10 }));
  for (const monitor of monitors) monitor.enable();
  let turns = 0;
  setInterval(() => monitors[turns++ % monitors.length]?.reset(), SECONDS_KEPT * 1_000).unref();
  new Gauge({
    name: 'event_loop_lag_seconds',
    help: `The longest that the event loop of a worker was late in the last ${SECONDS_KEPT} to ${2 * SECONDS_KEPT} s.`,
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.set(Math.max(...monitors.map(({ max }) => max)) / 1e9);
    },
  });
}
