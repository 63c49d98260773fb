import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import { readLessons } from '../learner/lesson-list.ts';

/** WORKSHOP.md allows that for the discussion of a lesson. */
const discussionMinutes = 10;

interface Entry {
  at: number;
  what: string;
}

/** The three agendas, side by side in one table: pairs of columns, in which a day after the first begins with its name. */
function agendas(): Entry[][] {
  const text = readFileSync(join(repoDir, 'WORKSHOP.md'), 'utf8');
  const rows = text.split('\n').filter((line) => /^\|.*\|.*\|.*\|.*\|.*\|.*\|$/.test(line));
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  return [1, 3, 5].map((column) =>
    cells.flatMap((row) => {
      const [, hours, minutes] = /(\d+):(\d\d)$/.exec(row[column] ?? '') ?? [];
      return hours ? [{ at: Number(hours) * 60 + Number(minutes), what: row[column + 1] ?? '' }] : [];
    }),
  );
}

describe('the agendas of WORKSHOP.md', () => {
  let lessons: Lesson[];
  beforeAll(async () => {
    lessons = await readLessons();
  });

  it('are for half a day, a day and three days', () => {
    expect(agendas().map((entries) => entries.filter(({ what }) => /^\d+ /.test(what)).length >= 5)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('give each lesson its minutes and the discussion', () => {
    const short = agendas().flatMap((entries) =>
      entries.flatMap(({ at, what }, n) => {
        const lesson = lessons.find(({ number, folder }) => what === `${number} ${folder.slice(3)}`);
        if (!/^\d+ /.test(what)) return [];
        if (!lesson) return [`${what}: no such lesson`];
        const needs = lesson.minutes + discussionMinutes;
        const has = (entries[n + 1]?.at ?? at) - at;
        return has < needs ? [`${what}: ${has} minutes of ${needs}`] : [];
      }),
    );
    expect(short).toEqual([]);
  });
});
