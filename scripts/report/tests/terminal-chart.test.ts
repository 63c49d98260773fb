import { describe, expect, it } from 'vitest';
import type { ArmLoad } from '../arms.ts';
import { latencyChart, type Paint } from '../terminal-chart.ts';
import { sampleReport } from './sample-report.ts';

const plain = (text: string) => text;
const paint: Paint = { starter: plain, yours: plain, solution: plain, target: plain };
const { loads } = sampleReport();
const chart = (width: number, shown: readonly ArmLoad[] = loads, targets = [80, 3_000]) =>
  latencyChart(shown, targets, { width, paint });

/** A load whose answers all took the same time, for so many seconds. */
function steady(name: ArmLoad['name'], ms: number, seconds = 5): ArmLoad {
  const answers = Array.from({ length: seconds * 20 }, (_, i): [number, number, number] => [i * 50, ms, 200]);
  const samples = [{ atMs: seconds * 1_000, requests: answers.length }];
  return {
    name,
    load: {
      outcome: 'pass',
      elapsedMs: 1,
      requests: 1,
      seconds,
      targets: [],
      record: { sampleMs: 250, samples, answers },
    },
  };
}

/** The label of the line that a mark is drawn on, or of the next one below. */
function lineOf(mark: string, lines: string[]): string {
  const at = lines.findIndex((line) => /[│┤].*/.test(line) && line.includes(mark));
  return (
    lines
      .slice(at)
      .find((line) => line.includes('┤'))
      ?.split('┤')[0]
      ?.trim() ?? 'none'
  );
}

describe('the chart on the terminal', () => {
  it.each([58, 78, 90])('fits into %i columns, each run with marks of its own', (width) => {
    const lines = chart(width);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines.length).toBeLessThan(24);
    const drawing = lines.filter((line) => /[│┤]/.test(line)).join('');
    for (const mark of '×●▲') expect(drawing.split(mark).length).toBeGreaterThan(5);
    expect(lines.slice(-4)).toEqual([
      '× the starter: 20 % of its answers were no 2xx',
      '● your app',
      '▲ our solution',
      '┄ targets: 80, 3000 ms',
    ]);
  });

  it.each([
    [1, '1 ms'],
    [0.2, '1 ms'],
    [10, '10 ms'],
    [103, '100 ms'],
    [9_800, '10 s'],
  ])('draws %d ms where it belongs', (ms, label) => {
    expect(lineOf('●', chart(78, [steady('yours', ms)]))).toBe(label);
  });

  it('has the targets drawn in, also above all answers', () => {
    const lines = chart(78, [steady('yours', 5)], [1_000]);
    expect(lineOf('┄┄┄', lines)).toBe('1 s');
    expect(lines.at(-1)).toBe('┄ target: 1000 ms');
  });

  it('shows two runs that are alike beside each other', () => {
    const lines = chart(58, [steady('starter', 10), steady('yours', 10)]);
    expect(lines.some((line) => /┤(×● *){5}/.test(line))).toBe(true);
  });

  it('labels the seconds, and takes longer pieces of a longer load', () => {
    expect(chart(58, [steady('yours', 5)])[0]).toBe('Latency over time: p90 of the good answers of every 250 ms');
    const lines = chart(58, [steady('yours', 5, 60)]);
    expect(lines[0]).toBe('Latency over time: p90 of the good answers of every 5 s');
    expect(lines.some((line) => /^ +0 s 5 s 10 s .* 50 s$/.test(line))).toBe(true);
  });

  it('counts no refusal among the times, however fast it was', () => {
    const { name, load } = steady('yours', 100);
    const record = load.record ?? { sampleMs: 250, samples: [], answers: [] };
    const refused = (every: number): ArmLoad => ({
      name,
      load: {
        ...load,
        record: {
          ...record,
          answers: record.answers.map(([at, ms], i) => (i % every === 0 ? [at, 1, 401] : [at, ms, 200])),
        },
      },
    });
    expect(lineOf('●', chart(78, [refused(2)]))).toBe('100 ms');
    const lines = chart(78, [refused(1)], [80]);
    expect(lines.filter((line) => line.includes('●'))).toEqual(['● your app: 100 % of its answers were no 2xx']);
  });

  it('is empty without a record', () => {
    const { record: _none, ...load } = loads[0]?.load ?? steady('yours', 1).load;
    expect(chart(78, [{ name: 'yours', load }])).toEqual([]);
  });
});
