import { describe, expect, it } from 'vitest';
import { PhaseClock, type PhaseTimes } from '../../checks/harness/model/phases.ts';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import { PhaseTotals } from '../authoring/phase-totals.ts';

function result(elapsedMs: number, phases: PhaseTimes): CheckResult {
  const further = { verdict: 'not-judged' as const, behaviours: [] };
  const rest = { schema: 2 as const, lesson: '', subject: '', services: {}, behaviours: [], further, notes: [] };
  return { ...rest, verdict: 'pass', elapsedMs, phases };
}

const words = (line: string | undefined) => line?.trim().split(/\s+/);

describe('the clock of a check', () => {
  it('gives each phase the time until the next one, and comes to the whole', () => {
    const clock = new PhaseClock(1_000);
    clock.begin('app', 1_400);
    clock.begin('behaviours', 1_900);
    clock.begin('repairs', 2_900);
    clock.begin('behaviours', 3_000);
    expect(clock.stop(4_000)).toEqual({ 'start-up': 400, app: 500, behaviours: 2_000, repairs: 100 });
  });
  it('takes no time back when the machine sets its clock', () => {
    const clock = new PhaseClock(1_000);
    clock.begin('app', 400);
    expect(clock.stop(500)).toEqual({ 'start-up': 0, app: 100 });
  });
});

describe('the phase totals of a verify', () => {
  it('have a line for each lesson and one for all', () => {
    const totals = new PhaseTotals();
    totals.add('02-event-loop', 9_000, result(8_000, { 'start-up': 1_000, behaviours: 7_000 }));
    totals.add('01-measure-first', 2_500, result(2_000, { 'start-up': 500, load: 1_500 }));
    totals.add('02-event-loop', 3_000, result(2_000, { 'start-up': 1_000, behaviours: 1_000 }));
    const [heading, first, second, all, ...more] = totals.lines().map(words);
    expect(heading).toEqual([
      'seconds',
      'verdicts',
      'process',
      'start-up',
      'services',
      'app',
      'behaviours',
      'repairs',
      'load',
      'end',
      'sum',
    ]);
    expect(first).toEqual(['01-measure-first', '1', '0.5', '0.5', '0.0', '0.0', '0.0', '0.0', '1.5', '0.0', '2.5']);
    expect(second).toEqual(['02-event-loop', '2', '2.0', '2.0', '0.0', '0.0', '8.0', '0.0', '0.0', '0.0', '12.0']);
    expect(all).toEqual(['all', '3', '2.5', '2.5', '0.0', '0.0', '8.0', '0.0', '1.5', '0.0', '14.5']);
    expect(more).toEqual([]);
  });
});
