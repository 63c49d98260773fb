import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import { didYouMean, UsageError } from '../usage-error.ts';

/** Every lesson of the workshop, in order. */
export async function readLessons(): Promise<Lesson[]> {
  const folders = readdirSync(join(repoDir, 'checks')).filter(
    (name) => /^\d\d-/.test(name) && existsSync(lessonFile(name)),
  );
  return Promise.all(
    folders
      .sort()
      .map(async (folder) => ((await import(pathToFileURL(lessonFile(folder)).href)) as { default: Lesson }).default),
  );
}

function lessonFile(folder: string): string {
  return join(repoDir, 'checks', folder, 'lesson.ts');
}

/**
 * Finds a lesson by `lesson-3`, `3`, `03`, `sessions` or `03-sessions`.
 * @throws {UsageError} with the nearest name.
 */
export function findLesson(lessons: readonly Lesson[], given: string): Lesson {
  const wanted = given
    .toLowerCase()
    .replace(/[\\/]+$/, '')
    .replace(/^.*[\\/]/, '');
  const found = lessons.find((lesson) => namesOf(lesson).includes(wanted));
  if (found) return found;
  const known = lessons.flatMap((lesson) => namesOf(lesson).filter((name) => /[a-z]/.test(name)));
  throw new UsageError(`There is no lesson "${given}".${didYouMean(wanted, known)} npm run lessons lists them.`);
}

/** The lesson that is asked for; exactly one. */
export function oneLesson(lessons: readonly Lesson[], command: string, names: string[]): Lesson {
  const example = `npm run ${command} lesson-${lessons[0]?.number ?? 1}`;
  if (names.length === 0) throw new UsageError(`Which lesson? For example: ${example}`);
  if (names.length > 1)
    throw new UsageError(
      `${command} takes one lesson, and ${names.length} were given: ${names.join(', ')}. For example: ${example}`,
    );
  return findLesson(lessons, names[0] as string);
}

function namesOf({ number, folder }: Lesson): string[] {
  return [
    `lesson-${number}`,
    `lesson-${folder.slice(0, 2)}`,
    `lesson${number}`,
    String(number),
    folder.slice(0, 2),
    folder.slice(3),
    folder,
  ];
}

/** What a learner edits, as a path in the repository: where more than the app's source is judged, the lesson's whole folder. */
export function editedFolder({ folder, services, ecosystem }: Lesson): string {
  return services.includes('nginx') || ecosystem ? `lessons/${folder}` : `lessons/${folder}/src`;
}
