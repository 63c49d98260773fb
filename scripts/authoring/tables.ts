import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { readLessons } from '../learner/lesson-list.ts';

/** Where the table of lessons stands. */
export const filesWithTable = ['README.md', 'WORKSHOP.md'];

export const command: Command = {
  summary: 'For authors: writes the tables of lessons in README.md and WORKSHOP.md from what each lesson.ts says.',
  takes: '',
  flags: {},
  async run() {
    const lessons = await readLessons();
    for (const file of filesWithTable) {
      const path = join(repoDir, file);
      const before = readFileSync(path, 'utf8');
      const after = withTable(before, lessons);
      if (after !== before) writeFileSync(path, after);
      console.log(`  ${file}: ${after === before ? 'as it was' : 'written'}`);
    }
    return 0;
  },
};

/**
 * The text with its table of lessons as it must be.
 * @throws {Error} when the text has no place for one.
 */
export function withTable(text: string, lessons: readonly Lesson[]): string {
  const place = /(<!-- lessons: [^\n]* -->\n)[\s\S]*?(<!-- \/lessons -->)/;
  if (!place.test(text)) throw new Error('the text has no <!-- lessons: … --> … <!-- /lessons -->');
  return text.replace(place, (_all, begin: string, end: string) => `${begin}${table(lessons)}\n${end}`);
}

function table(lessons: readonly Lesson[]): string {
  const rows = lessons.map(({ number, folder, minutes, change }) => {
    return `| ${number} | [${folder.slice(3)}](lessons/${folder}/README.md) | ${minutes} | ${change} |`;
  });
  return ['| | lesson | minutes | from → to |', '|---|---|---|---|', ...rows].join('\n');
}
