import { describe, expect, it } from 'vitest';
import { readTypeErrors, surprisesInTypes, surprisesOf } from '../authoring/fix-types.ts';
import type { Subject } from '../authoring/subjects.ts';
import { readLessons } from '../learner/lesson-list.ts';

const place = '03-sessions/wrong-turns/quick/';

function wrongTurn(typeErrors?: string[]): Subject {
  const expects = { behaviour: 'stops', message: 'a sentence', why: 'a thought', typeErrors };
  return { role: 'wrong-turn', name: 'quick', dir: '', expects };
}

const errors = readTypeErrors(
  [
    `${place}src/app.ts(9,15): error TS2304: Cannot find name 'Missing'.`,
    "  Did you mean 'Missed'?",
    '03-sessions/wrong-turns/quicker/src/app.ts(1,1): error TS2801: This condition will always return true.',
  ].join('\n'),
);

describe('types of wrong turns and other ways', () => {
  it('are right, but for what an expect.json lists', async () => {
    expect(await surprisesInTypes(await readLessons())).toEqual([]);
  }, 180_000);

  it('name the fix that an error is in, and no other one', () => {
    expect(surprisesOf(wrongTurn(), place, errors)).toEqual([
      `${place}src/app.ts(9,15): error TS2304: Cannot find name 'Missing'.`,
    ]);
    expect(surprisesOf({ role: 'other-way', name: 'slow', dir: '' }, '03-sessions/other-ways/slow/', errors)).toEqual(
      [],
    );
  });

  it('may be wrong on purpose, as long as they still are', () => {
    expect(surprisesOf(wrongTurn(['TS2304']), place, errors)).toEqual([]);
    expect(surprisesOf(wrongTurn(['TS2304', 'TS2345']), place, errors)).toEqual([
      `${place}expect.json: TS2345 is listed, and there is no such error`,
    ]);
  });
});
