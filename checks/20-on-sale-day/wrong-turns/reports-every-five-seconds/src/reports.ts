import { registry } from './metrics.ts';

const EVERY_MS = 5_000;

/** Tells the primary what this worker has counted, so that little is lost if it is killed. */
export function reportRegularly(): void {
  setInterval(report, EVERY_MS).unref();
}

/** Resolves once the primary's end of the channel has it. */
export async function report(): Promise<void> {
  const counted = await registry.getMetricsAsJSON();
  await new Promise((resolve) => process.send?.(counted, resolve) ?? resolve(undefined));
}
