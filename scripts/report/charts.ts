import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { LoadRecord, LoadSample, TargetResult } from '../../checks/harness/result.ts';

/** One load run in a report: the starter's, the learner's or our solution's. */
export interface Arm {
  name: 'starter' | 'yours' | 'solution';
  record: LoadRecord;
}

const { document } = parseHTML('<!doctype html><html><body></body></html>');
const binsPerDecade = 8;
/** A logarithmic scale has no zero; what was faster stands here. */
const fastestMs = 0.75;

export const armNames = { starter: 'the starter', yours: 'your app', solution: 'our solution' };
const colours = { starter: 'var(--starter)', yours: 'var(--yours)', solution: 'var(--solution)' };
// Lines are told apart by dashes, too, so that print and colour-blind readers lose nothing.
const dashes = { starter: '', yours: '7 3', solution: '2 3' };
/** Text over lines stays readable. */
const halo = { stroke: 'var(--paper)', strokeWidth: 4 };

/** Every answer as a dot, a band for each run, on one logarithmic scale, with the targets drawn in. */
export function latencyOverTime(arms: readonly Arm[], targets: readonly TargetResult[]): string {
  const limits = [...new Set(targets.map(({ atMostMs }) => atMostMs))];
  const end = lastSecond(arms);
  const dots = arms.flatMap(({ name, record }) =>
    record.answers.map(([atMs, ms]) => ({ name, seconds: atMs / 1_000, ms: Math.max(ms, fastestMs) })),
  );
  return svg({
    height: 60 + 170 * arms.length,
    x: { label: 'seconds since the first answer', domain: [0, end] },
    y: { label: 'time to first byte, ms', type: 'log', grid: true, ticks: 4, tickFormat: String },
    fy: { domain: arms.map(({ name }) => name), axis: null },
    marks: [
      Plot.frame({ strokeOpacity: 0.25 }),
      ...arms.map(({ name }) =>
        Plot.dot(dots, { filter: of(name), fy: 'name', x: 'seconds', y: 'ms', r: 2, fill: colours[name] }),
      ),
      ...limits.flatMap((ms) => [
        Plot.ruleY([ms], { stroke: 'currentColor', strokeWidth: 1.5 }),
        Plot.text([ms], {
          x: end,
          y: ms,
          text: () => `target ${ms} ms`,
          dy: -7,
          dx: -4,
          textAnchor: 'end',
          fill: 'currentColor',
          ...halo,
        }),
      ]),
      ...arms.map(({ name }) =>
        Plot.text([name], {
          fy: [name],
          frameAnchor: 'top-left',
          dx: 6,
          dy: 6,
          text: () => armNames[name],
          fontWeight: 'bold',
          fill: colours[name],
          ...halo,
        }),
      ),
    ],
  });
}

/** What share of the answers took how long, a band for each run. */
export function distribution(arms: readonly Arm[]): string {
  const bars = arms.flatMap(({ name, record }) =>
    binsOf(record).map(({ fromMs, toMs, count }) => ({
      name,
      fromMs: Math.max(fromMs, fastestMs),
      toMs,
      share: (100 * count) / record.answers.length,
    })),
  );
  return svg({
    height: 60 + 110 * arms.length,
    x: { label: 'time to first byte, ms', type: 'log', tickFormat: String, ticks: 5 },
    y: { label: 'share of the answers, %', grid: true, ticks: 4 },
    fy: { domain: arms.map(({ name }) => name), axis: null },
    marks: [
      Plot.frame({ strokeOpacity: 0.25 }),
      ...arms.map(({ name }) =>
        Plot.rect(bars, {
          filter: of(name),
          fy: 'name',
          x1: 'fromMs',
          x2: 'toMs',
          y1: 0,
          y2: 'share',
          fill: colours[name],
          inset: 0.5,
        }),
      ),
      ...arms.map(({ name }) =>
        Plot.text([name], {
          fy: [name],
          frameAnchor: 'top-right',
          dx: -6,
          dy: 6,
          text: () => armNames[name],
          fontWeight: 'bold',
          fill: colours[name],
          ...halo,
        }),
      ),
    ],
  });
}

/** Answers that took at least `fromMs` and less than `toMs`, a decade in eight steps: 1 ms, 1.33 ms, 1.78 ms … */
export function binsOf(record: LoadRecord): { fromMs: number; toMs: number; count: number }[] {
  const edge = (bin: number) => Math.round(10 ** (bin / binsPerDecade) * 100) / 100;
  const counts = new Map<number, number>();
  for (const [, ms] of record.answers) {
    const bin = ms < 1 ? -1 : Math.floor(Math.log10(ms) * binsPerDecade);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([bin, count]) => ({ fromMs: bin < 0 ? 0 : edge(bin), toMs: edge(bin + 1), count }));
}

/** How late the event loop was. Undefined when no run has figures. */
export function eventLoopDelay(arms: readonly Arm[]): string | undefined {
  if (!arms.some(({ record }) => record.samples.some((sample) => sample.eventLoopDelayP99Ms !== undefined)))
    return undefined;
  return svg({
    x: { label: 'seconds since the first answer', domain: [0, lastSecond(arms)] },
    y: { label: 'event-loop delay p99, ms', grid: true, zero: true },
    marks: arms.flatMap((arm) => series(arm, ({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms)),
  });
}

/** Calls to the supplier. Undefined where the lesson has none. */
export function supplierCalls(arms: readonly Arm[]): string | undefined {
  if (!arms.some(({ record }) => record.samples.some((sample) => sample.supplierCalls !== undefined))) return undefined;
  return svg({
    x: { label: 'seconds since the first answer', domain: [0, lastSecond(arms)] },
    y: { label: 'calls to the supplier a second', grid: true, zero: true },
    marks: arms.flatMap((arm) =>
      series(arm, ({ supplierCalls: calls }) => calls && (calls * 1_000) / arm.record.sampleMs),
    ),
  });
}

function svg(options: Plot.PlotOptions): string {
  const drawn = Plot.plot({ document, width: 720, height: 260, marginLeft: 52, marginBottom: 40, ...options });
  // The whole picture has one name; those of its parts belong to no role.
  for (const part of drawn.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  return drawn.outerHTML;
}

function of(name: Arm['name']): (point: { name: string }) => boolean {
  return (point) => point.name === name;
}

function series({ name, record }: Arm, pick: (sample: LoadSample) => number | undefined): Plot.Markish[] {
  const points = record.samples.flatMap((sample) => {
    const value = pick(sample);
    return value === undefined ? [] : [{ seconds: sample.atMs / 1_000, value }];
  });
  return [line(points, name, 'seconds', 'value')];
}

function line<Point>(
  points: Point[],
  name: Arm['name'],
  x: keyof Point & string,
  y: keyof Point & string,
): Plot.Markish {
  const dash = dashes[name];
  return Plot.line(points, {
    x,
    y,
    stroke: colours[name],
    strokeWidth: 2.5,
    ...(dash ? { strokeDasharray: dash } : {}),
  });
}

function lastSecond(arms: readonly Arm[]): number {
  return Math.max(1, ...arms.map(({ record }) => (record.samples.at(-1)?.atMs ?? 0) / 1_000));
}
