import { randomBytes } from 'node:crypto';
import { accessSync, constants, copyFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lesson } from '../model/lesson.ts';
import { type Run, repoDir } from '../os/run.ts';

/** Paths of a lesson's files, by the variable that tells the app; each environment has its own. */
export function makeLessonFiles(run: Run, files: Lesson['files'] = []): Readonly<Record<string, string>> {
  if (files.length === 0) return {};
  const dir = makeFolder(run);
  return Object.fromEntries(
    files.map(({ variable, name, copyOf }) => {
      const path = join(dir, name);
      if (copyOf) copyFileSync(join(repoDir, copyOf), path);
      return [variable, path];
    }),
  );
}

/**
 * Not in `.workshop`: Express's `sendFile` answers 404 for a path in which the name of a folder begins with a dot. Where
 * every temporary folder has such a path, or is closed to us, in the run's folder all the same.
 */
function makeFolder(run: Run): string {
  const name = `encore-files-${randomBytes(6).toString('hex')}`;
  const temporary = [tmpdir(), '/tmp', '/var/tmp'].find((folder) => !/[\\/]\./.test(folder) && isWritable(folder));
  const dir = join(temporary ?? run.dir, name);
  run.deleteToo(dir);
  mkdirSync(dir, { mode: 0o700 });
  return dir;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
