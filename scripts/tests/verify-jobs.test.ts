import { describe, expect, it } from 'vitest';
import lesson from '../../checks/harness-tests/fixture/lesson.ts';
import type { Subject } from '../authoring/subjects.ts';
import { howBeside, type JobOptions, jobsFor, onceMore, readShare, tooManyFooled } from '../authoring/verify-jobs.ts';

const starter: Subject = { role: 'starter', name: 'starter', dir: '' };
const solution: Subject = { role: 'solution', name: 'solution', dir: '' };
const otherWay: Subject = { role: 'other-way', name: 'by-hand', dir: '' };
const wrong = (behaviour: string): Subject => ({
  role: 'wrong-turn',
  name: behaviour,
  dir: '',
  expects: { behaviour, message: '', why: '' },
});
const subjects = [starter, solution, otherWay, wrong('page'), wrong('load')];

function parts(options: Partial<JobOptions>): string[] {
  const all = { repeat: 1, noLoad: false, rest: false, ...options };
  return subjects
    .flatMap((subject) => jobsFor(lesson, subject, all))
    .map(({ subject, part }) => `${subject.name} ${part}`);
}

describe('the verdicts of a verify', () => {
  it('are whole, but for wrong turns that fail before a load', () => {
    expect(parts({})).toEqual(['starter whole', 'solution whole', 'by-hand whole', 'page behaviours', 'load whole']);
  });

  it('of an exam are whole, and short in npm test; the rest leaves the solution under the whole load', () => {
    const exam = { ...lesson, exam: { passAt: 80 } };
    const of = (noLoad: boolean, rest: boolean) =>
      subjects
        .flatMap((subject) => jobsFor(exam, subject, { repeat: 1, noLoad, rest, through: { part: 1, of: 1_000 } }))
        .map(({ subject, part, short, directly }) =>
          [subject.name, part, ...(short ? ['short'] : []), directly].join(' '),
        );
    expect(of(false, false)).toEqual([
      'starter whole ',
      'solution whole ',
      'by-hand whole ',
      'page behaviours ',
      'load whole ',
    ]);
    expect(of(true, false)).toEqual([
      'starter whole short ',
      'solution whole short ',
      'by-hand whole short ',
      'page behaviours ',
      'load behaviours ',
    ]);
    expect(of(false, true)).toEqual(['solution whole ', 'page behaviours ', 'load whole ']);
  });

  it('are, in npm test and in the rest together, the same', () => {
    const inTest = subjects
      .filter(({ role }) => role !== 'wrong-turn')
      .flatMap((subject) => jobsFor(lesson, subject, { repeat: 1, noLoad: true, rest: false }))
      .map(({ subject, part }) => `${subject.name} ${part}`);
    expect(inTest).toEqual(['starter behaviours', 'solution behaviours', 'by-hand behaviours']);
    expect(parts({ rest: true })).toEqual(['solution load', 'by-hand load', 'page behaviours', 'load whole']);
  });

  it('take a part of the wrong turns through all behaviours before theirs, each in one part of three', () => {
    const wrongTurns = Array.from({ length: 90 }, (_, i) => wrong(`page-${i}`));
    const direct = [1, 2, 3].map((part) =>
      [...wrongTurns, wrong('load'), starter, solution].flatMap((subject) =>
        jobsFor(lesson, subject, { repeat: 1, noLoad: false, rest: true, through: { part, of: 3 } })
          .filter(({ directly }) => directly)
          .map(() => subject.name),
      ),
    );
    for (const { name } of wrongTurns) expect(direct.filter((some) => some.includes(name)).length).toBe(2);
    for (const some of direct) expect(some.length).toBeGreaterThan(45);
    expect(direct.flat()).not.toContain('load');
  });

  it('read a part of them, and nothing that is none', () => {
    expect(readShare('2/3')).toEqual({ part: 2, of: 3 });
    for (const none of ['', '0/3', '4/3', '1', 'a/b', '1/3/5']) expect(readShare(none)).toBeUndefined();
  });

  it('repeat the behaviours of the starter, and its load once', () => {
    expect(parts({ repeat: 2 }).slice(0, 2)).toEqual(['starter whole', 'starter behaviours']);
  });

  it('let loads of right apps run beside each other, and show alone what a wrong turn misses', () => {
    const jobs = subjects.flatMap((subject) => jobsFor(lesson, subject, { repeat: 1, noLoad: false, rest: true }));
    const names = (some: typeof jobs) => some.map(({ subject }) => subject.name);
    const how = howBeside(jobs, true);
    expect([names(how.beside), names(how.loads), names(how.alone)]).toEqual([
      ['page'],
      ['solution', 'by-hand'],
      ['load'],
    ]);
    expect(names(howBeside(jobs, false).alone)).toEqual(['solution', 'by-hand', 'load']);
    const exam = { ...lesson, exam: { passAt: 80 } };
    const [short, whole] = [true, false].map((noLoad) => jobsFor(exam, solution, { repeat: 1, noLoad, rest: false }));
    expect(howBeside(short ?? [], true)).toEqual({ beside: [], loads: short, alone: [] });
    expect(howBeside(whole ?? [], true)).toEqual({ beside: [], loads: [], alone: whole });
  });

  it('judge what was misjudged beside others three times more, and take one in a hundred for chance', () => {
    const wrongTurns = Array.from({ length: 200 }, (_, i) => wrong(`page-${i}`));
    const jobs = wrongTurns.flatMap((one) => jobsFor(lesson, one, { repeat: 1, noLoad: false, rest: true }));
    expect(onceMore(jobs.slice(0, 2)).map(({ subject }) => subject.name)).toEqual([
      ...['page-0', 'page-0', 'page-0'],
      ...['page-1', 'page-1', 'page-1'],
    ]);
    expect(tooManyFooled(jobs.slice(0, 2), jobs)).toBe(false);
    expect(tooManyFooled(jobs.slice(0, 3), jobs)).toBe(true);
    expect(tooManyFooled([], jobs)).toBe(false);
  });
});
