import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import { behaviourLines, furtherSummary } from '../terminal/check-lines.ts';
import { lineWidth } from '../terminal/style.ts';

const lines = (title: string) =>
  behaviourLines({ id: 'x', title, outcome: 'pass', elapsedMs: 1_234 }).map(stripVTControlCharacters);

describe('the line of a behaviour', () => {
  it('ends with its seconds at the right edge', () => {
    expect(lines('the page greets')).toEqual([`${'  ✔ the page greets'.padEnd(lineWidth() - 5)}1.2 s`]);
  });

  it('becomes two where the title is too long, and none is longer than the terminal is wide', () => {
    const long = lines('a word after the other '.repeat(6).trim());
    expect(long).toHaveLength(2);
    expect(long[0]).toMatch(/^ {2}✔ a word/);
    expect(long[1]).toMatch(/^ {4}\S.* 1\.2 s$/);
    for (const line of long) expect(line.length).toBeLessThanOrEqual(lineWidth());
  });
});

describe('the line of the further behaviours', () => {
  const said = (verdict: CheckResult['verdict'], further: 'pass' | 'fail', load: boolean) => {
    const behaviour = { id: 'x', title: 'x', outcome: further, elapsedMs: 1 };
    const run = { outcome: 'pass' as const, elapsedMs: 1, requests: 1, seconds: 1, targets: [] };
    const result = { verdict, further: { verdict: further, behaviours: [behaviour] }, ...(load ? { load: run } : {}) };
    return stripVTControlCharacters(furtherSummary(result as unknown as CheckResult) ?? '');
  };

  it('says that a lesson is passed only when it is', () => {
    expect(said('pass', 'fail', true)).toBe(
      'further: 0 of 1 further behaviours hold. The lesson is passed all the same.',
    );
    expect(said('pass', 'fail', false)).toBe('further: 0 of 1 further behaviours hold. A pass does not need them.');
    expect(said('fail', 'fail', false)).toBe('further: 0 of 1 further behaviours hold.');
  });

  it('gives the star to a pass alone', () => {
    expect(said('pass', 'pass', true)).toBe('★ 1 of 1 further behaviours hold.');
    expect(said('fail', 'pass', false)).toBe('further: 1 of 1 further behaviours hold.');
  });
});
