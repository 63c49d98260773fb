import * as Plot from '@observablehq/plot';
import { type Arm, type ArmName, armNames } from './arms.ts';
import { badShare, binsOf, goodOnly, isGood } from './bins.ts';
import { badColour, colours, halo, seconds, svg } from './svg.ts';

/** What stands at a target's line: the routes that it is for. */
export type LabelOf = (targetMs: number) => string;

/** A logarithmic scale has no zero; what was faster stands here. */
const fastestMs = 0.75;
/** Targets whose quotient is smaller stand too close for labels above each other. */
const near = 2.2;

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
  return svg({
    height: 60 + 170 * arms.length,
    x,
    y: { ...timeScale(arms, targetsMs), grid: true },
    fy: { domain: arms.map(({ name }) => name), axis: null },
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
          dy: (targetsMs[index + 1] ?? Number.POSITIVE_INFINITY) / ms < near ? 8 : -7, // Away from a line close above.
          dx: -4,
          textAnchor: 'end',
          fill: 'currentColor',
          ...halo,
        }),
      ]),
      ...arms.map((arm) => bandTitle(arm, 'left')),
    ],
  });
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
  return svg({
    height: 70 + 110 * arms.length,
    marginTop: 30 + 14 * targetsMs.length,
    x: timeScale(arms, targetsMs),
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
      ...targetsMs.flatMap((ms, index) => [
        Plot.ruleX([ms], { stroke: 'currentColor', strokeWidth: 1.5 }),
        Plot.text([ms], {
          x: ms,
          fy: () => first,
          frameAnchor: 'top',
          textAnchor: 'end',
          lineAnchor: 'bottom',
          dy: -4 - 14 * index,
          text: () => labelOf(ms),
          fill: 'currentColor',
        }),
      ]),
      ...arms.map((arm) => bandTitle(arm, 'right')),
    ],
  });
}

/** Up to four times the slowest answer or target, so that the names of the bands have room above. */
function timeScale(arms: readonly Arm[], targetsMs: readonly number[]): Plot.ScaleOptions {
  const slowest = arms.flatMap(({ record }) => record.answers).reduce((most, [, ms]) => Math.max(most, ms), 1);
  const end = 4 * Math.max(slowest, ...targetsMs);
  const decades = Array.from({ length: Math.floor(Math.log10(end)) + 1 }, (_, power) => 10 ** power);
  return { label: 'time to first byte, ms', type: 'log', domain: [fastestMs, end], ticks: decades, tickFormat: String };
}

function bandTitle({ name, record }: Arm, side: 'left' | 'right'): Plot.Markish {
  return Plot.text([name], {
    fy: [name],
    frameAnchor: `top-${side}`,
    dx: side === 'left' ? 6 : -6,
    dy: 6,
    text: () => (badShare(record) ? `${armNames[name]}: ${badShare(record)}` : armNames[name]),
    fontWeight: 'bold',
    fill: badShare(record) ? badColour : colours[name],
    ...halo,
  });
}

const of = (name: ArmName) => (point: { name: string }) => point.name === name;
const good = (name: ArmName) => (dot: { name: string; good: boolean }) => dot.name === name && dot.good;
const bad = (name: ArmName) => (dot: { name: string; good: boolean }) => dot.name === name && !dot.good;
