import plot from 'simple-ascii-chart';
import type { LoadResult } from '../../checks/harness/result.ts';
import { lineWidth } from '../style.ts';
import { type Arm, armNames } from './charts.ts';

const bucketMs = 500;
const colours = { starter: 'ansiRed', yours: 'ansiBlue', solution: 'ansiGreen' } as const;
/** Half steps of a logarithmic scale: what is faster is drawn on the lowest line. */
const fastestMs = 1;

/** Latency over time as text: the slowest tenth of each half second begins at the line. */
export function latencyChart(loads: readonly { name: Arm['name']; load: LoadResult }[]): string {
  const drawn = loads.flatMap(({ name, load }) =>
    load.record?.answers.length ? [{ name, points: p90s(load.record) }] : [],
  );
  if (drawn.length === 0) return '';
  const colour = process.stdout.hasColors?.() && !process.env.NO_COLOR;
  return plot(
    drawn.map(({ points }) => points),
    {
      title: '  p90 of time to first byte, ms (logarithmic), over seconds',
      width: Math.min(72, lineWidth - 14),
      height: 12,
      formatter: (value, { axis }) => (axis === 'y' ? String(Math.round(10 ** value)) : value),
      legend: { position: 'bottom', series: drawn.map(({ name }) => armNames[name]) },
      ...(colour ? { color: drawn.map(({ name }) => colours[name]) } : {}),
    },
  );
}

function p90s({ answers }: NonNullable<LoadResult['record']>): [number, number][] {
  const buckets = new Map<number, number[]>();
  for (const [atMs, ms] of answers) {
    const bucket = Math.floor(atMs / bucketMs);
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), ms]);
  }
  return [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([bucket, all]) => {
      const sorted = all.sort((a, b) => a - b);
      const p90 = sorted[Math.floor(sorted.length * 0.9)] ?? fastestMs;
      return [(bucket * bucketMs) / 1_000, Math.log10(Math.max(p90, fastestMs))];
    });
}
