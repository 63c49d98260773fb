import type { LoadRecord } from '../../checks/harness/model/result.ts';
import { type ArmLoad, armNames, drawable } from './arms.ts';
import { badShare, goodOnly, percentile } from './bins.ts';

/** The smallest of these is taken that leaves every run a column of its own. */
const stepsMs = [250, 500, 1_000, 2_000, 5_000, 10_000, 30_000];
const rowsPerDecade = 3;
const marks = { starter: '×', yours: '●', solution: '▲' } as const;
const gutter = 9;

/** How the parts are coloured; without colours they are told apart by their marks. */
export type Paint = Record<'starter' | 'yours' | 'solution' | 'target', (text: string) => string>;

/**
 * Latency over time as lines of text: for each piece of time what nine of ten good answers kept, on a logarithmic scale, with the
 * targets drawn in. Empty when no run has a record.
 */
export function latencyChart(
  loads: readonly ArmLoad[],
  targetsMs: readonly number[],
  { width, paint }: { width: number; paint: Paint },
): string[] {
  const arms = drawable(loads);
  if (arms.length === 0) return [];
  const columns = width - gutter - 1;
  const lastMs = Math.max(...arms.map(({ record }) => record.samples.at(-1)?.atMs ?? 0), 1_000);
  const stepMs = stepsMs.find((ms) => Math.floor(columns / Math.ceil(lastMs / ms)) > arms.length) ?? lastMs;
  const steps = Math.ceil(lastMs / stepMs);
  const columnsPerStep = Math.floor(columns / steps);
  const curves = arms.map(({ name, record }) => ({ name, p90s: p90s(record, stepMs) }));

  const highest = Math.max(...targetsMs, ...curves.flatMap(({ p90s }) => [...p90s.values()]));
  const top = Math.ceil(Math.log10(Math.max(10, highest))) * rowsPerDecade;
  const rowOf = (ms: number) => top - Math.min(top, Math.round(Math.log10(Math.max(1, ms)) * rowsPerDecade));
  const targetRows = new Set(targetsMs.map(rowOf));
  const grid = Array.from({ length: top + 1 }, (_, row) =>
    new Array<string>(steps * columnsPerStep).fill(targetRows.has(row) ? paint.target('┄') : ' '),
  );
  for (const [index, { name, p90s }] of curves.entries())
    for (const [step, ms] of p90s) {
      const row = grid[rowOf(ms)];
      const column = step * columnsPerStep + index;
      if (row && column < row.length) row[column] = paint[name](marks[name]);
    }

  const legend = [
    ...arms.map(({ name, record }) => {
      const bad = badShare(record);
      return `${paint[name](marks[name])} ${armNames[name]}${bad && `: ${bad}`}`;
    }),
    ...(targetsMs.length > 0
      ? [`${paint.target('┄')} ${targetsMs.length > 1 ? 'targets' : 'target'}: ${targetsMs.join(', ')} ms`]
      : []),
  ];
  return [
    `Latency over time: p90 of the good answers of every ${asTime(stepMs)}`,
    '',
    ...grid.map((row, index) => {
      const label = (top - index) % rowsPerDecade === 0 ? `${asTime(10 ** ((top - index) / rowsPerDecade))} ┤` : '│';
      return `${label.padStart(gutter)}${row.join('').trimEnd()}`;
    }),
    `${'└'.padStart(gutter)}${'─'.repeat(steps * columnsPerStep)}`,
    timeLabels(steps, stepMs, columnsPerStep),
    ...legend,
  ];
}

/** Of the good answers: a fast refusal is no fast answer. */
function p90s(all: LoadRecord, stepMs: number): Map<number, number> {
  const { answers, ...record } = goodOnly(all);
  const pieces = Map.groupBy(answers, ([atMs]) => Math.floor(atMs / stepMs));
  return new Map([...pieces].map(([step, own]) => [step, percentile({ ...record, answers: own }, 0.9) ?? 0]));
}

/** Whole seconds below the axis, as many as there is room for. */
function timeLabels(steps: number, stepMs: number, columnsPerStep: number): string {
  let line = ' '.repeat(gutter);
  for (let step = 0; step < steps; step++) {
    const label = (step * stepMs) % 1_000 === 0 ? `${(step * stepMs) / 1_000} s` : '';
    const at = gutter + step * columnsPerStep;
    if (label && (line.length < at || step === 0)) line = line.padEnd(at) + label;
  }
  return line;
}

function asTime(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`;
}
