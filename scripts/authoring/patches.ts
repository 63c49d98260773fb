import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { formatPatch, parsePatch, type StructuredPatch, structuredPatch } from 'diff';
import type { Command } from '../command.ts';
import { readLessons } from '../learner/lesson-list.ts';
import { withRun } from '../running/session.ts';
import { patchName } from './lay-over.ts';
import { wrongTurnsOf } from './subjects.ts';

/** A patch that is longer than this share of its file reads no better than the file. */
const longestShare = 0.5;
const headers = { includeIndex: false, includeUnderline: false, includeFileHeaders: true };

export const command: Command = {
  summary: `For authors: writes wrong turns that differ from their base in a few lines as a ${patchName}.`,
  takes: '',
  flags: {},
  async run() {
    const lessons = await readLessons();
    return withRun(async (run) => {
      for (const lesson of lessons)
        for (const { name, base, files } of wrongTurnsOf(lesson, join(run.dir, 'subjects'))) {
          const folded = fold(base, files);
          if (folded.length > 0) console.log(`lesson ${lesson.number}, ${name}: ${folded.join(', ')}`);
        }
      return 0;
    });
  },
};

/** @returns the files that became part of the patch. */
function fold(base: string, files: string): string[] {
  const patchFile = join(files, patchName);
  const parts = existsSync(patchFile) ? parsePatch(readFileSync(patchFile, 'utf8')) : [];
  const folded: string[] = [];
  for (const path of filesIn(files)) {
    if (!existsSync(join(base, path))) continue;
    const changed = readFileSync(join(files, path), 'utf8');
    const part = structuredPatch(path, path, readFileSync(join(base, path), 'utf8'), changed);
    if (lengthOf(part) > longestShare * changed.split('\n').length) continue;
    const before = parts.findIndex(({ newFileName }) => newFileName === path);
    parts.splice(before < 0 ? parts.length : before, before < 0 ? 0 : 1, part);
    rmSync(join(files, path));
    folded.push(path);
  }
  if (folded.length > 0) writeFileSync(patchFile, parts.map((part) => formatPatch(part, headers)).join(''));
  return folded;
}

const lengthOf = ({ hunks }: StructuredPatch) => hunks.reduce((sum, { lines }) => sum + 1 + lines.length, 0);

function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'expect.json' && entry.name !== patchName)
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
