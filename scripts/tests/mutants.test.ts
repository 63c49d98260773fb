import { describe, expect, it } from 'vitest';
import type { BehaviourResult, CheckResult } from '../../checks/harness/model/result.ts';
import type { Outcome } from '../../checks/harness/model/verdict.ts';
import { mutantsIn } from '../authoring/instrumenter.ts';
import { fateOf } from '../authoring/mutants.ts';

const behaviour = (id: string, outcome: Outcome): BehaviourResult => ({ id, title: id, outcome, elapsedMs: 1 });
const result = (core: Outcome, further: Outcome): CheckResult => ({
  schema: 2,
  lesson: '',
  subject: '',
  verdict: 'pass',
  services: {},
  behaviours: [behaviour('core', core)],
  further: { verdict: 'not-judged', behaviours: [behaviour('further', further)] },
  notes: [],
  elapsedMs: 1,
});

describe('a mutant', () => {
  it('is the source with one place changed, and knows which of two like it is meant', () => {
    const source = 'const a = 1;\nif (a > 0 && a > 0) {\n  f();\n}\n';
    const greater = (column: number) => ({
      mutatorName: 'EqualityOperator',
      replacement: 'a >= 0',
      location: { start: { line: 1, column }, end: { line: 1, column: column + 5 } },
    });
    const block = {
      mutatorName: 'BlockStatement',
      replacement: '{}',
      location: { start: { line: 1, column: 20 }, end: { line: 3, column: 1 } },
    };
    const [first, second, third] = mutantsIn(source, 'src/a.ts', [greater(4), greater(13), block]);
    expect(first).toMatchObject({ line: 2, original: 'a > 0', occurrence: 0 });
    expect(first?.text).toBe('const a = 1;\nif (a >= 0 && a > 0) {\n  f();\n}\n');
    expect(second).toMatchObject({ occurrence: 1 });
    expect(second?.text).toBe('const a = 1;\nif (a > 0 && a >= 0) {\n  f();\n}\n');
    expect(third?.text).toBe('const a = 1;\nif (a > 0 && a > 0) {}\n');
  });

  it('is missed by a core or a further behaviour, by none, or could not be judged', () => {
    expect(fateOf(result('fail', 'not-run'))).toEqual({ outcome: 'killed', by: 'core' });
    expect(fateOf(result('pass', 'fail'))).toEqual({ outcome: 'killed', by: 'further' });
    expect(fateOf(result('pass', 'pass')).outcome).toBe('survived');
    expect(fateOf(result('pass', 'inconclusive')).outcome).toBe('undecided');
    expect(fateOf('no result').outcome).toBe('undecided');
  });
});
