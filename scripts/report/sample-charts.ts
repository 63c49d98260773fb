import * as Plot from '@observablehq/plot';
import type { LoadSample } from '../../checks/harness/model/result.ts';
import type { Arm } from './arms.ts';
import { colours, dashes, inBothShapes, seconds } from './svg.ts';

/** A picture of what was seen every quarter of a second, and the words that go with it. */
export interface SampleChart {
  title: string;
  /** Of the axis. */
  label: string;
  text: string;
  unit: string;
  pick: (sample: LoadSample) => number | undefined;
  /** The figures are counts of a sample and are drawn as counts of a second. */
  counts: boolean;
}

export const sampleCharts: readonly SampleChart[] = [
  {
    title: 'Event-loop delay',
    label: 'event-loop delay p99, ms',
    text: 'How late the event loop came round: for so long nothing else was answered. Each dot is a reading, of the time since the one before it: a blocked loop answers late, so its dots are far apart.',
    unit: 'ms',
    pick: ({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms,
    counts: false,
  },
  {
    title: 'Calls to the supplier',
    label: 'calls to the supplier a second',
    text: 'What the app asked of the box office while it answered.',
    unit: 'calls a second',
    pick: ({ supplierCalls }) => supplierCalls,
    counts: true,
  },
  {
    title: 'Statements',
    label: 'statements a second',
    text: 'What the app sent to its database while it answered, those included that open and close transactions.',
    unit: 'statements a second',
    pick: ({ statements }) => statements,
    counts: true,
  },
];

/** What is drawn of a sample: counts become counts a second. Undefined where it was not seen. */
export function figureOf({ pick, counts }: SampleChart, sample: LoadSample, { record }: Arm): number | undefined {
  const value = pick(sample);
  return value === undefined || !counts ? value : Math.round((value * 1_000) / record.sampleMs);
}

/** The picture as SVG. Undefined when no run has figures for it. */
export function drawSamples(chart: SampleChart, arms: readonly Arm[]): string | undefined {
  if (!arms.some(({ record }) => record.samples.some((sample) => chart.pick(sample) !== undefined))) return undefined;
  return inBothShapes(() => ({
    marginTop: 36, // The name of the axis stands above its highest number.
    x: seconds(arms),
    y: { label: chart.label, grid: true, zero: true, nice: true },
    marks: arms.flatMap((arm) => {
      const points = arm.record.samples.flatMap((sample) => {
        const value = figureOf(chart, sample, arm);
        return value === undefined ? [] : [{ seconds: sample.atMs / 1_000, value }];
      });
      const colour = colours[arm.name];
      const dash = dashes[arm.name];
      const at = { x: 'seconds', y: 'value' } as const;
      return [
        Plot.line(points, { ...at, stroke: colour, strokeWidth: 2, ...(dash ? { strokeDasharray: dash } : {}) }),
        Plot.dot(points, { ...at, fill: colour, r: 2.8 }),
      ];
    }),
  }));
}
