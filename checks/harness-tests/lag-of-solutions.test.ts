import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import { expect, it, vi } from 'vitest';
import { repoDir } from '../harness/os/run.ts';

// Lesson 17 stops a worker at a moment of its own choosing. An app that resets its monitor just then has not seen the stall.

const apps = ['solutions/17-observability', 'checks/17-observability/other-ways/asked-by-the-primary'];

it.each(apps)('%s sees a stall that ends with its own timer', async (app) => {
  const src = (file: string) => join(repoDir, app, 'src', file);
  const every = vi.spyOn(globalThis, 'setInterval');
  const { watchLag } = (await import(src('lag.ts'))) as { watchLag: () => void };
  const { registry } = (await import(src('metrics.ts'))) as { registry: Registry };
  watchLag();
  const timers = every.mock.calls.map(([callback]) => callback as () => void);
  every.mockRestore();
  await delay(50);
  // As after a stall: Node runs the timers that are due before its monitor learns how late it is.
  setTimeout(() => {
    for (const until = performance.now() + 300; performance.now() < until; );
    for (const timer of timers) timer();
  }, 0);
  await delay(100);
  const { values } = (await registry.getSingleMetric('event_loop_lag_seconds')?.get()) ?? { values: [] };
  expect(values[0]?.value).toBeGreaterThan(0.25);
});
