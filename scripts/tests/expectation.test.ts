import { describe, expect, it } from 'vitest';
import type { BehaviourResult, CheckResult } from '../../checks/harness/model/result.ts';
import type { Outcome } from '../../checks/harness/model/verdict.ts';
import lesson from '../../checks/harness-tests/fixture/lesson.ts';
import { judge, margins } from '../authoring/expectation.ts';
import type { Subject } from '../authoring/subjects.ts';

const declared = { ...lesson, starterFails: ['page'] };

function result(
  outcomes: Record<string, Outcome>,
  verdict: CheckResult['verdict'],
  because = 'It lets everybody in.',
  further: CheckResult['further'] = { verdict: 'not-judged', behaviours: [] },
): CheckResult {
  const behaviours = Object.entries(outcomes).map(([id, outcome]): BehaviourResult => {
    const failure = { kind: 'behaviour' as const, trail: [], expected: '401', seen: '200', because, lookAt: '' };
    return { id, title: id, outcome, elapsedMs: 1, ...(outcome === 'fail' ? { failure } : {}) };
  });
  return { schema: 2, lesson: '', subject: '', verdict, services: {}, behaviours, further, notes: [], elapsedMs: 1 };
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
  it('refuses a solution that passes without its further behaviours', () => {
    const starless: CheckResult['further'] = {
      verdict: 'fail',
      behaviours: result({ robots: 'fail' }, 'fail').behaviours,
    };
    const passed = result({ page: 'pass' }, 'pass', '', starless);
    expect(judge(declared, solution, passed)).toMatchObject({ right: false, got: 'robots' });
  });
  it('accepts a wrong turn that passes and fails at a further behaviour', () => {
    const starless: CheckResult['further'] = {
      verdict: 'fail',
      behaviours: result({ secret: 'fail' }, 'fail').behaviours,
    };
    expect(judge(declared, wrongTurn, result({ page: 'pass' }, 'pass', '', starless)).right).toBe(true);
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
  it('tells a wrong turn that was caught elsewhere, which starved cores can do, from one that passes', () => {
    const elsewhere = (of: CheckResult) => judge(declared, wrongTurn, of).elsewhere;
    expect(elsewhere(result({ page: 'fail', secret: 'not-run' }, 'fail'))).toBe(true);
    expect(elsewhere(result({ page: 'pass', secret: 'fail' }, 'fail', 'Something else.'))).toBe(true);
    expect(elsewhere(result({ page: 'pass', secret: 'fail' }, 'fail'))).toBe(false);
    expect(elsewhere(result({ page: 'pass', secret: 'pass' }, 'pass'))).toBe(false);
    expect(judge(declared, solution, result({ page: 'fail' }, 'fail')).elsewhere ?? false).toBe(false);
  });
});

describe('the margin column', () => {
  const calls = { title: 'calls to the supplier', limit: 144, unit: 'calls' };
  const p95 = { title: 'p95 of GET /', endpoint: 'GET /', atMostMs: 70 };
  const measured = (callCount: number, p95Ms: number): CheckResult => ({
    ...result({ page: 'pass' }, 'pass'),
    load: {
      outcome: 'pass',
      elapsedMs: 1,
      requests: 1,
      seconds: 1,
      targets: [{ ...p95, measuredMs: p95Ms, met: p95Ms <= p95.atMostMs }],
      figures: [{ ...calls, measured: callCount }],
    },
  });

  it('has what a lesson counted under load, when that is nearest to its limit', () => {
    expect(margins(solution, measured(60, 7))).toBe('2.4× calls to the supplier');
    expect(margins(solution, measured(2, 7))).toBe('10× p95 of GET /');
  });
  it('has that of a share, too, which is below one', () => {
    const share = { title: 'CPU time of a list', limit: 1, unit: 'times' };
    const compared = (...shares: number[]): CheckResult => {
      const passed = result({ page: 'pass' }, 'pass');
      const figures = shares.map((measured) => ({ ...share, measured }));
      return { ...passed, behaviours: passed.behaviours.map((behaviour) => ({ ...behaviour, figures })) };
    };
    expect(margins(solution, compared(0.15, 0.31))).toBe('3.2× CPU time of a list');
    expect(margins(solution, compared(0.04))).toBe('25× CPU time of a list');
    expect(margins(solution, compared(0))).toBe('over 999× CPU time of a list');
  });
  it('has it for the starter, too, by how far it exceeds the limit', () => {
    expect(margins(starter, measured(600, 210))).toBe('4.2× calls to the supplier');
    expect(margins(starter, measured(14, 7))).toBe('');
  });
});

describe('verify of an exam', () => {
  const exam = { ...lesson, exam: { passAt: 80 }, starterFails: ['page'] };
  const scored = (points: number, outcomes: Record<string, Outcome>, verdict: CheckResult['verdict']): CheckResult => ({
    ...result(outcomes, verdict),
    score: { points, open: 0, of: 100, passAt: 80 },
  });
  it('wants a starter far below what passes, that fails what the lesson declares, and may fail more', () => {
    expect(judge(exam, starter, scored(34, { page: 'fail', secret: 'fail' }, 'fail')).right).toBe(true);
    expect(judge(exam, starter, scored(35, { page: 'fail' }, 'fail')).right).toBe(false);
    expect(judge(exam, starter, scored(10, { page: 'pass', secret: 'fail' }, 'fail')).right).toBe(false);
  });
  it('wants a right app far above it', () => {
    expect(judge(exam, solution, scored(95, { page: 'fail' }, 'pass')).right).toBe(true);
    expect(judge(exam, solution, scored(94, { page: 'fail' }, 'pass')).right).toBe(false);
    expect(judge(exam, solution, scored(100, { page: 'pass' }, 'fail')).right).toBe(false);
  });
  it('wants a wrong turn to lose at its part, with its sentence, whatever other parts it costs', () => {
    expect(judge(exam, wrongTurn, scored(80, { page: 'fail', secret: 'fail' }, 'pass')).right).toBe(true);
    expect(judge(exam, wrongTurn, scored(80, { page: 'fail', secret: 'pass' }, 'pass')).right).toBe(false);
  });
});
