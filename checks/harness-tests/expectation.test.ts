import { describe, expect, it } from 'vitest';
import { judge } from '../../scripts/expectation.ts';
import type { Subject } from '../../scripts/subjects.ts';
import type { BehaviourResult, CheckResult } from '../harness/result.ts';
import type { Outcome } from '../harness/verdict.ts';
import lesson from './fixture/lesson.ts';

const declared = { ...lesson, starterFails: ['page'] };

function result(
  outcomes: Record<string, Outcome>,
  verdict: CheckResult['verdict'],
  because = 'It lets everybody in.',
): CheckResult {
  const behaviours = Object.entries(outcomes).map(([id, outcome]): BehaviourResult => {
    const failure = { kind: 'behaviour' as const, trail: [], expected: '401', seen: '200', because, lookAt: '' };
    return { id, title: id, outcome, elapsedMs: 1, ...(outcome === 'fail' ? { failure } : {}) };
  });
  return { schema: 1, lesson: '', subject: '', verdict, services: {}, behaviours, notes: [], elapsedMs: 1 };
}

const starter: Subject = { role: 'starter', name: 'starter', dir: '' };
const solution: Subject = { role: 'solution', name: 'solution', dir: '' };
const wrongTurn: Subject = {
  role: 'wrong-turn',
  name: 'x',
  dir: '',
  expects: { behaviour: 'secret', message: 'lets everybody in', why: '' },
};

describe('verify', () => {
  it('accepts a starter that fails exactly what the lesson declares', () => {
    expect(judge(declared, starter, result({ page: 'fail', secret: 'pass' }, 'fail')).right).toBe(true);
  });
  it('refuses a starter that fails more, or less, or is inconclusive', () => {
    expect(judge(declared, starter, result({ page: 'fail', secret: 'fail' }, 'fail')).right).toBe(false);
    expect(judge(declared, starter, result({ page: 'pass', secret: 'pass' }, 'fail')).right).toBe(false);
    expect(judge(declared, starter, result({ page: 'fail', secret: 'inconclusive' }, 'fail')).right).toBe(false);
  });
  it('refuses a solution that does not pass, also when it is only inconclusive', () => {
    expect(judge(declared, solution, result({ page: 'pass' }, 'pass')).right).toBe(true);
    expect(judge(declared, solution, result({ page: 'pass' }, 'inconclusive')).right).toBe(false);
    expect(judge(declared, solution, result({ page: 'fail' }, 'fail')).right).toBe(false);
  });
  it('accepts a wrong turn that fails first where it must, with its sentence', () => {
    expect(judge(declared, wrongTurn, result({ page: 'pass', secret: 'fail' }, 'fail')).right).toBe(true);
  });
  it('refuses a wrong turn that fails elsewhere, without its sentence, or passes', () => {
    expect(judge(declared, wrongTurn, result({ page: 'fail', secret: 'not-run' }, 'fail')).right).toBe(false);
    expect(judge(declared, wrongTurn, result({ page: 'pass', secret: 'fail' }, 'fail', 'Something else.')).right).toBe(
      false,
    );
    expect(judge(declared, wrongTurn, result({ page: 'pass', secret: 'pass' }, 'pass')).right).toBe(false);
  });
});
