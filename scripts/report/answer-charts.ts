import * as Plot from '@observablehq/plot';
import { type Arm, type ArmName, armNames } from './arms.ts';
import { binsOf, goodOnly, goodStatuses, isGood, percentOf } from './bins.ts';
import { badColour, colours, halo, inBothShapes, seconds } from './svg.ts';

/** What stands at a target's line: the routes that it is for. */
export type LabelOf = (targetMs: number) => string;

/** A logarithmic scale has no zero; what was faster stands here. */
const fastestMs = 0.75;
/** Targets whose quotient is smaller stand too close for labels above each other. */
const near = 2.2;
/** What the title of a band takes above it, a target's label in a line of its own, and the name of the axis on top. */
const titleAbovePx = 24;
const targetLinePx = 17;
const labelPx = 20;

/** Every answer as a dot, or as a cross if it is no 2xx, a band for each run, on one logarithmic scale, with the targets drawn in. */
export function latencyOverTime(arms: readonly Arm[], targetsMs: readonly number[], labelOf: LabelOf): string {
  const x = seconds(arms);
  const dots = arms.flatMap(({ name, record }) =>
    record.answers.map((answer) => ({
      name,
      seconds: answer[0] / 1_000,
      ms: Math.max(answer[1], fastestMs),
      good: isGood(answer),
    })),
  );
  return inBothShapes(({ name: shape }) => ({
    height: 80 + (shape === 'wide' ? 170 : 160) * arms.length,
    marginTop: titleAbovePx + labelPx,
    x,
    y: { ...timeScale(arms, targetsMs), grid: true },
    fy: bands(arms, 0.17),
    marks: [
      Plot.frame({ strokeOpacity: 0.25 }),
      ...arms.map(({ name }) =>
        Plot.dot(dots, { filter: good(name), fy: 'name', x: 'seconds', y: 'ms', r: 2.4, fill: colours[name] }),
      ),
      ...arms.map(({ name }) =>
        Plot.dot(dots, {
          filter: bad(name),
          fy: 'name',
          x: 'seconds',
          y: 'ms',
          r: 3.5,
          symbol: 'times',
          stroke: badColour,
          strokeWidth: 1.5,
        }),
      ),
      ...targetsMs.flatMap((ms, index) => [
        Plot.ruleY([ms], { stroke: 'currentColor', strokeWidth: 1.5 }),
        Plot.text([ms], {
          x: x.domain[1],
          y: ms,
          text: () => labelOf(ms),
          dy: (targetsMs[index + 1] ?? Number.POSITIVE_INFINITY) / ms < near ? 9 : -9, // Away from a line close above.
          dx: -4,
          textAnchor: 'end',
          fill: 'currentColor',
          ...halo,
        }),
      ]),
      ...arms.map(bandTitle),
    ],
  }));
}

/** What share of the answers was good and took how long, a band for each run, with the targets drawn in. */
export function distribution(arms: readonly Arm[], targetsMs: readonly number[], labelOf: LabelOf): string {
  const [first] = arms.map(({ name }) => name);
  const bars = arms.flatMap(({ name, record }) =>
    binsOf(goodOnly(record)).map(({ fromMs, toMs, count }) => ({
      name,
      fromMs: Math.max(fromMs, fastestMs),
      toMs,
      share: (100 * count) / record.answers.length,
    })),
  );
  return inBothShapes(({ name: shape }) => ({
    height: 80 + targetLinePx * targetsMs.length + 120 * arms.length,
    marginTop: titleAbovePx + labelPx + targetLinePx * targetsMs.length,
    x: timeScale(arms, targetsMs),
    y: { label: 'share of the answers, %', grid: true, ticks: 4 },
    fy: bands(arms, 0.24),
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
      ...targetsMs.flatMap((ms, index) => [
        Plot.ruleX([ms], { stroke: 'currentColor', strokeWidth: 1.5 }),
        Plot.text([ms], {
          x: ms,
          fy: () => first,
          frameAnchor: 'top',
          textAnchor: 'end',
          lineAnchor: 'bottom',
          dy: -titleAbovePx - targetLinePx * index,
          // A telephone has no room for the routes; the caption names them.
          text: () => (shape === 'wide' ? labelOf(ms) : `${ms} ms`),
          fill: 'currentColor',
        }),
      ]),
      ...arms.map(bandTitle),
    ],
  }));
}

/** A band for each run, with room for its title between it and the one above. */
function bands(arms: readonly Arm[], gap: number): Plot.ScaleOptions {
  return { domain: arms.map(({ name }) => name), axis: null, paddingInner: gap, paddingOuter: 0 };
}

/** Up to three times the slowest answer or target, so that a target's label has room above its line. */
function timeScale(arms: readonly Arm[], targetsMs: readonly number[]): Plot.ScaleOptions {
  const slowest = arms.flatMap(({ record }) => record.answers).reduce((most, [, ms]) => Math.max(most, ms), 1);
  const end = 3 * Math.max(slowest, ...targetsMs);
  const decades = Array.from({ length: Math.floor(Math.log10(end)) + 1 }, (_, power) => 10 ** power);
  return { label: 'time to first byte, ms', type: 'log', domain: [fastestMs, end], ticks: decades, tickFormat: String };
}

/** Above its band, where neither dots nor a target's label can meet it. */
function bandTitle({ name, record }: Arm): Plot.Markish {
  const bad = percentOf(record, (answer) => !isGood(answer));
  return Plot.text([name], {
    fy: [name],
    frameAnchor: 'top-right',
    lineAnchor: 'bottom',
    dy: -5,
    text: () => (bad ? `${armNames[name]}: ${bad} no ${goodStatuses(record)}` : armNames[name]),
    fontWeight: 'bold',
    fill: bad ? badColour : colours[name],
    ...halo,
  });
}

const of = (name: ArmName) => (point: { name: string }) => point.name === name;
const good = (name: ArmName) => (dot: { name: string; good: boolean }) => dot.name === name && dot.good;
const bad = (name: ArmName) => (dot: { name: string; good: boolean }) => dot.name === name && !dot.good;
