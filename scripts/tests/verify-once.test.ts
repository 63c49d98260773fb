import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CheckPlan, CheckResult } from '../../checks/harness/model/result.ts';
import lesson from '../../checks/harness-tests/fixture/lesson.ts';
import { PhaseTotals } from '../authoring/phase-totals.ts';
import type { Subject } from '../authoring/subjects.ts';
import { inOrder } from '../authoring/verify-jobs.ts';
import { verifyOnce } from '../authoring/verify-once.ts';
import type { CheckLane } from '../running/check-lane.ts';

const subject: Subject = {
  role: 'wrong-turn',
  name: 'wide-open',
  dir: '',
  expects: { behaviour: 'secret', message: 'lets everybody in', why: '' },
};

/** A lane in which the app fails `secret` only when the behaviours before it were judged, too. */
function lane(plans: CheckPlan[]): CheckLane {
  const check = async (plan: CheckPlan): Promise<CheckResult> => {
    plans.push(plan);
    const base = { id: 'secret', title: '', elapsedMs: 1 };
    const failure = {
      kind: 'behaviour',
      because: 'The app lets everybody in.',
      seen: '',
      expected: '',
      lookAt: '',
      trail: [],
    };
    return {
      schema: 2,
      lesson: '',
      subject: '',
      verdict: 'fail',
      services: {},
      behaviours: [plan.only ? { ...base, outcome: 'pass' } : { ...base, outcome: 'fail', failure: failure as never }],
      further: { verdict: 'not-judged', behaviours: [] },
      notes: [],
      elapsedMs: 1,
    };
  };
  return { check } as unknown as CheckLane;
}

describe('a wrong turn that its behaviour alone does not catch', () => {
  beforeEach(() => void vi.spyOn(console, 'log').mockImplementation(() => {}));
  afterEach(() => void vi.restoreAllMocks());

  it('is judged through the behaviours before it, and counts then', async () => {
    const plans: CheckPlan[] = [];
    const job = { lesson, subject, part: 'behaviours' as const, directly: true };
    const first = await verifyOnce(lane(plans), job, new PhaseTotals(), 'starved');
    expect(first.outcome).toBe('through');
    const second = await verifyOnce(lane(plans), inOrder(job), new PhaseTotals(), 'starved');
    expect(second.outcome).toBe('right');
    expect(plans.map(({ only, until }) => [only, until])).toEqual([
      ['secret', undefined],
      [undefined, 'secret'],
    ]);
  });
});

describe('a right app that was misjudged beside others', () => {
  beforeEach(() => void vi.spyOn(console, 'log').mockImplementation(() => {}));
  afterEach(() => void vi.restoreAllMocks());

  it('is told with what the check said, for the end of a long run', async () => {
    const solution: Subject = { role: 'solution', name: 'solution', dir: '' };
    const job = { lesson, subject: solution, part: 'behaviours' as const };
    const judged = await verifyOnce(lane([]), job, new PhaseTotals(), 'starved');
    expect(judged).toMatchObject({
      outcome: 'fooled',
      said: [expect.stringMatching(/^secret: The app lets everybody in\./)],
    });
  });
});
