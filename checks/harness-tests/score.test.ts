import { describe, expect, it } from 'vitest';
import type { BehaviourResult, LoadResult } from '../harness/model/result.ts';
import { examVerdict, pointsFor, scoreOf } from '../harness/model/score.ts';
import type { Outcome } from '../harness/model/verdict.ts';

const base = { title: 'x', elapsedMs: 1 };
const starts = (outcome: Outcome): BehaviourResult => ({ ...base, id: 'starts', outcome });
const rule = (outcome: Outcome): BehaviourResult => ({ ...base, id: 'rule', outcome, rule: true });
const part = (outcome: Outcome, points: number, of: number, fix?: string): BehaviourResult => ({
  ...base,
  id: `part ${of}`,
  outcome,
  part: { points, of, lessons: [1] },
  ...(fix ? { fix } : {}),
});
const load = (outcome: Outcome): LoadResult => ({ outcome, elapsedMs: 1, requests: 1, seconds: 1, targets: [] });
const verdict = (behaviours: BehaviourResult[], loadOutcome: Outcome = 'pass') =>
  examVerdict(behaviours, load(loadOutcome), scoreOf(behaviours, 80));

describe('the verdict on an exam', () => {
  it('needs the points and the rules', () => {
    expect(verdict([starts('pass'), part('fail', 30, 50), part('pass', 50, 50), rule('pass')])).toBe('pass');
    expect(verdict([starts('pass'), part('fail', 29, 50), part('pass', 50, 50), rule('pass')])).toBe('fail');
    expect(verdict([starts('pass'), part('pass', 50, 50), rule('fail')])).toBe('fail');
  });

  it('stays open where what could not be judged decides it, and only there', () => {
    expect(verdict([starts('pass'), part('pass', 70, 70), part('inconclusive', 0, 30)])).toBe('inconclusive');
    expect(verdict([starts('pass'), part('pass', 80, 80), part('inconclusive', 0, 20)])).toBe('pass');
    expect(verdict([starts('pass'), part('fail', 10, 70), part('inconclusive', 0, 30)])).toBe('fail');
    expect(verdict([starts('pass'), part('pass', 100, 100), rule('inconclusive')])).toBe('inconclusive');
    expect(verdict([starts('pass'), part('fail', 0, 100), rule('inconclusive')])).toBe('fail');
  });

  it('is open when the app could not be started or loaded, and a fail when that is its own fault', () => {
    expect(verdict([starts('inconclusive'), part('not-run', 0, 100)])).toBe('inconclusive');
    expect(verdict([starts('pass'), part('not-run', 0, 100)], 'inconclusive')).toBe('inconclusive');
    expect(verdict([starts('fail'), part('not-run', 0, 100)])).toBe('fail');
    expect(verdict([])).toBe('fail');
  });

  it('leaves out what does not apply to this machine, and waits for what could', () => {
    expect(verdict([starts('pass'), part('pass', 50, 50), part('skipped', 0, 50)])).toBe('pass');
    expect(verdict([starts('pass'), part('pass', 50, 50), part('skipped', 0, 50, 'install Redis')])).toBe(
      'inconclusive',
    );
  });
});

it('gives whole points: all only for all, and none for nothing', () => {
  expect([0, 0.05, 0.5, 0.7, 0.99, 1].map((share) => pointsFor(share, 10))).toEqual([0, 0, 5, 7, 9, 10]);
  expect(pointsFor(1 / 3, 6)).toBe(2);
});
