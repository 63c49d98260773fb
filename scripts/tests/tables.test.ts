import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repoDir } from '../../checks/harness/os/run.ts';
import { filesWithTable, withTable } from '../authoring/tables.ts';
import { readLessons } from '../learner/lesson-list.ts';

describe('the table of lessons', async () => {
  const lessons = await readLessons();

  it.each(filesWithTable)('in %s says what each lesson.ts says (npm run tables)', (file) => {
    const text = readFileSync(join(repoDir, file), 'utf8');
    expect(withTable(text, lessons)).toBe(text);
  });

  it.each(lessons.map(({ folder, minutes }) => [folder, minutes] as const))(
    'has the minutes that the README of %s begins with',
    (folder, minutes) => {
      expect(readFileSync(join(repoDir, 'lessons', folder, 'README.md'), 'utf8')).toMatch(
        new RegExp(`^# [^\\n]+\\n\\n(About )?${minutes} minutes`),
      );
    },
  );

  it('is not written where there is no place for it', () => {
    expect(() => withTable('# A page\n', lessons)).toThrow('has no');
  });
});
