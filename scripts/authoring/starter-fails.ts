import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import { type Run, repoDir } from '../../checks/harness/os/run.ts';
import { checkInOwnProcess } from '../running/check-process.ts';

/**
 * Judges a starter, all of its behaviours, and writes those that it fails into its lesson.ts.
 * @returns their ids, core and further, in the order of the check.
 * @throws {Error} when one could not be judged, or lesson.ts has no `starterFails: […]`.
 */
export async function writeStarterFails(run: Run, lesson: Lesson): Promise<string[]> {
  const dir = join(repoDir, 'lessons', lesson.folder);
  const result = await checkInOwnProcess(run, lesson, ['--subject', dir, '--all', '--further', '--no-load']);
  const ids = failingIn(result);
  const file = join(repoDir, 'checks', lesson.folder, 'lesson.ts');
  writeFileSync(file, withStarterFails(readFileSync(file, 'utf8'), ids));
  return ids;
}

function failingIn(result: CheckResult | string): string[] {
  if (typeof result === 'string') throw new Error(result);
  const behaviours = [...result.behaviours, ...result.further.behaviours];
  const undecided = behaviours.find(({ outcome }) => outcome === 'inconclusive');
  if (undecided) throw new Error(`${undecided.id} is inconclusive: ${undecided.reason}`);
  return behaviours.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);
}

/** The text of a lesson.ts with this list in it, a line each where one line would be too long. */
export function withStarterFails(text: string, ids: string[]): string {
  const list = /starterFails: \[[^\]]*\]/;
  if (!list.test(text)) throw new Error('lesson.ts has no starterFails: […]');
  const inLine = `starterFails: [${ids.map((id) => `'${id}'`).join(', ')}]`;
  const inLines = `starterFails: [\n${ids.map((id) => `    '${id}',\n`).join('')}  ]`;
  return text.replace(list, inLine.length > 117 ? inLines : inLine);
}
