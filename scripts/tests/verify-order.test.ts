import { describe, expect, it } from 'vitest';
import lesson from '../../checks/harness-tests/fixture/lesson.ts';
import { type Job, placeOf } from '../authoring/verify-jobs.ts';
import { longestFirst, ofTheDay, TimeLimit } from '../authoring/verify-order.ts';

function job(number: number, role: 'wrong-turn' | 'other-way', more: { name?: string; cpuBound?: boolean } = {}): Job {
  const { name = `${role} ${number}`, cpuBound = false } = more;
  const expects = { behaviour: 'page', message: '', why: '' };
  return { lesson: { ...lesson, number, cpuBound }, subject: { name, dir: '', expects, role }, part: 'behaviours' };
}
const names = (jobs: readonly Job[]) => jobs.map(({ subject }) => subject.name);

describe('the order of a verify', () => {
  it('is what takes longest first: what computes, right apps, and later lessons', () => {
    const computes = job(1, 'wrong-turn', { name: 'computes', cpuBound: true });
    const jobs = [job(3, 'wrong-turn'), job(9, 'wrong-turn'), job(3, 'other-way'), computes];
    expect(names(longestFirst(jobs))).toEqual(['computes', 'other-way 3', 'wrong-turn 9', 'wrong-turn 3']);
  });

  it('begins each day at another place, after the right apps, and reaches all within a week at a third a day', () => {
    const wrongTurns = Array.from({ length: 300 }, (_, at) => job(3, 'wrong-turn', { name: `turn ${at}` }));
    const reached = new Set<string>();
    for (let day = 20_000; day < 20_007; day++) {
      const ordered = names(ofTheDay([...wrongTurns, job(3, 'other-way')], day));
      expect(ordered[0]).toBe('other-way 3');
      for (const name of ordered.slice(1, 101)) reached.add(name);
    }
    expect(reached.size).toBe(300);
  });

  it('keeps the place of a name where others are added', () => {
    expect(placeOf('lesson turn')).toBe(placeOf('lesson turn'));
    const two = [job(3, 'wrong-turn', { name: 'one' }), job(3, 'wrong-turn', { name: 'two' })];
    const three = [...two, job(3, 'wrong-turn', { name: 'three' })];
    expect(names(ofTheDay(three, 20_000)).filter((name) => name !== 'three')).toEqual(names(ofTheDay(two, 20_000)));
  });

  it('leaves the wrong turns that come after the time is over, notes them, and leaves no right app', () => {
    let isOver = false;
    const limit = new TimeLimit(() => isOver);
    expect(limit.allows(job(3, 'wrong-turn'))).toBe(true);
    isOver = true;
    expect(limit.allows(job(4, 'wrong-turn'))).toBe(false);
    expect(limit.allows(job(4, 'other-way'))).toBe(true);
    expect(names(limit.left)).toEqual(['wrong-turn 4']);
  });
});
