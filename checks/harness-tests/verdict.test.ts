import { describe, expect, it } from 'vitest';
import { type BehaviourResult, type LoadResult, verdictOf } from '../harness/model/result.ts';
import type { Outcome } from '../harness/model/verdict.ts';

const behaviour = (outcome: Outcome, more: Partial<BehaviourResult> = {}): BehaviourResult => ({
  id: 'x',
  title: 'x',
  outcome,
  elapsedMs: 1,
  ...more,
});
const load = (outcome: Outcome): LoadResult => ({ outcome, elapsedMs: 1, requests: 1, seconds: 1, targets: [] });

describe('the verdict', () => {
  it('is pass when every behaviour and the load pass', () => {
    expect(verdictOf([behaviour('pass')], load('pass'), true)).toBe('pass');
  });
  it('is fail by default: nothing was judged', () => {
    expect(verdictOf([], undefined, false)).toBe('fail');
  });
  it('is fail when the load run is missing although it was wanted', () => {
    expect(verdictOf([behaviour('pass')], undefined, true)).toBe('fail');
  });
  it('is fail when a behaviour was not run', () => {
    expect(verdictOf([behaviour('pass'), behaviour('not-run')], undefined, false)).toBe('fail');
  });
  it('prefers fail to inconclusive, and inconclusive to pass', () => {
    expect(verdictOf([behaviour('fail'), behaviour('inconclusive')], undefined, false)).toBe('fail');
    expect(verdictOf([behaviour('pass'), behaviour('inconclusive')], load('pass'), true)).toBe('inconclusive');
    expect(verdictOf([behaviour('pass')], load('inconclusive'), true)).toBe('inconclusive');
  });
  it('waits for what could be judged elsewhere, and passes what does not apply here', () => {
    expect(
      verdictOf([behaviour('pass'), behaviour('skipped', { fix: 'install a real Redis' })], load('pass'), true),
    ).toBe('inconclusive');
    expect(verdictOf([behaviour('pass'), behaviour('skipped', { reason: 'one core' })], load('pass'), true)).toBe(
      'pass',
    );
    expect(verdictOf([behaviour('pass')], load('skipped'), true)).toBe('pass');
  });
});
