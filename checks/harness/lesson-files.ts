import { copyFileSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Lesson } from './lesson.ts';
import { type Run, repoDir } from './run.ts';

/** Paths of a lesson's files, by the variable that tells the app; each environment has its own. */
export function makeLessonFiles(run: Run, files: Lesson['files'] = []): Readonly<Record<string, string>> {
  const dir = mkdtempSync(join(run.dir, 'files-'));
  return Object.fromEntries(
    files.map(({ variable, name, copyOf }) => {
      const path = join(dir, name);
      if (copyOf) copyFileSync(join(repoDir, copyOf), path);
      return [variable, path];
    }),
  );
}
