import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lesson } from './lesson.ts';
import { repoDir } from './run.ts';

/** Puts the lesson's files into a folder of the run. Returns their paths, by the variable that tells the app. */
export function layFiles({ files = [] }: Lesson, dir: string): Record<string, string> {
  return Object.fromEntries(
    files.map(({ variable, name, copyOf }) => {
      const path = join(dir, name);
      if (copyOf) copyFileSync(join(repoDir, copyOf), path);
      return [variable, path];
    }),
  );
}
