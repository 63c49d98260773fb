import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import { behaviourLines, endLines, furtherSummary, summary } from '../terminal/check-lines.ts';
import { lineWidth } from '../terminal/style.ts';

afterEach(() => vi.unstubAllEnvs());

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

describe('the step that failed', () => {
  it('has a space before its answer, however long it is', () => {
    vi.stubEnv('COLUMNS', '200');
    const step = { what: 'one request after the other, and one more than may pass', answer: '429, Retry-After: 3' };
    const failure = { trail: [step], expected: 'Retry-After: 2', seen: '3', because: '', lookAt: '' };
    const failed = { id: 'x', title: 'x', outcome: 'fail', elapsedMs: 1, failure };
    expect(
      behaviourLines(failed as never)
        .map(stripVTControlCharacters)
        .join('\n'),
    ).toContain(`${step.what} ${step.answer}`);
  });
});

describe('the last lines of a check', () => {
  const behaviour = (outcome: string, failure?: object) => ({ id: 'x', title: 'x', outcome, elapsedMs: 1, failure });
  const behaviours = [behaviour('pass'), behaviour('fail'), ...Array.from({ length: 9 }, () => behaviour('not-run'))];
  const result = { verdict: 'fail', behaviours, further: { verdict: 'not-run', behaviours: [] } };
  const next = ['Stuck? Press h. Every lesson fails at first: that is the exercise.'];

  it.each([40, 60, 100])('fit into %i columns, and so does the step that failed', (columns) => {
    vi.stubEnv('COLUMNS', String(columns));
    const step = { what: 'GET /profile on instance 2', answer: '401 {"error":"please log in"}' };
    const failure = { trail: [step], expected: '200', seen: '401 {"error":"please log in"}', because: '', lookAt: '' };
    const failed = behaviourLines(behaviour('fail', failure) as never).slice(1);
    const last = endLines(result as unknown as CheckResult, '3.1 s', next);
    for (const line of [...failed, ...last].map(stripVTControlCharacters))
      expect([line, line.length <= columns]).toEqual([line, true]);
    expect(last.join(' ').replace(/\s+/g, ' ')).toBe(
      ` fail: 1 of 11 behaviours hold; the rest waits until this one holds. 3.1 s ${next[0]}`,
    );
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

describe('an exam', () => {
  const failure = { kind: 'behaviour' as const, trail: [], expected: '', seen: '', because: 'Why.', lookAt: 'where?' };
  const part = { points: 4, of: 10, lessons: [4, 5], seen: '60 calls in a minute' };
  const failed = { id: 'x', title: 'Prices', outcome: 'fail' as const, elapsedMs: 1, failure, part };

  it('has a line for each part: points, what was seen, the lesson; and why where points are missing', () => {
    vi.stubEnv('COLUMNS', '80');
    const said = behaviourLines(failed).map(stripVTControlCharacters);
    expect(said).toEqual([
      `${'  ✘  4/10 Prices: 60 calls in a minute'.padEnd(lineWidth() - 12)}lessons 4, 5`,
      `${' '.repeat(10)}Why.`,
      `${' '.repeat(10)}Look at: where?`,
    ]);
    const held = { ...failed, outcome: 'pass' as const, part: { ...part, points: 10, lessons: [4] } };
    expect(behaviourLines(held).map(stripVTControlCharacters)).toEqual([
      `${'  ✔ 10/10 Prices: 60 calls in a minute'.padEnd(lineWidth() - 8)}lesson 4`,
    ]);
  });

  it('says that a part that could not be judged counts 0', () => {
    const open = {
      ...failed,
      outcome: 'inconclusive' as const,
      reason: 'Others were busy.',
      fix: 'close other programs',
    };
    const said = (result: Parameters<typeof behaviourLines>[0]) =>
      behaviourLines(result).map((line) => stripVTControlCharacters(line).trim());
    expect(said(open).slice(1)).toEqual([
      'inconclusive: Others were busy.',
      'to fix it: close other programs',
      'Until it is judged, it counts 0 of 10 points.',
    ]);
    expect(said({ ...failed, outcome: 'skipped', reason: 'No such signal.' }).slice(1)).toEqual([
      'not judged: No such signal.',
    ]);
  });

  it('ends with the points, and says when a rule is what fails it', () => {
    const rule = { ...failed, part: undefined, rule: true as const };
    const end = (verdict: CheckResult['verdict'], points: number, open = 0, behaviours: object[] = []) =>
      stripVTControlCharacters(
        summary({ verdict, behaviours, score: { points, open, of: 100, passAt: 80 } } as unknown as CheckResult),
      );
    expect(end('pass', 86, 0, [{ ...rule, outcome: 'pass' }])).toBe('pass: 86 of 100 points, and every rule holds.');
    expect(end('fail', 42)).toBe('fail: 42 of 100 points; it takes 80 to pass.');
    expect(end('fail', 93, 0, [rule])).toBe(
      'fail: 93 of 100 points, but a rule is broken, and no score forgives that.',
    );
    expect(end('inconclusive', 76, 10)).toBe(
      'inconclusive: 76 of 100 points, and 10 could not be judged. This is no judgement of your app.',
    );
  });
});
