import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { repoDir } from '../../checks/harness/os/run.ts';
import { UsageError } from '../usage-error.ts';
import { contentOf, type FolderContent } from './folder-content.ts';

/** The starter of a lesson as the workshop ships it: a plain copy of its folder, because learners edit `lessons/`. */
export const starterDir = (folder: string): string => join(repoDir, 'checks', folder, 'starter');

/** The files of a lesson's starter; none when the copy is gone. */
export const starterContent = (folder: string): FolderContent => shipped(contentOf(starterDir(folder)));

/** @throws {UsageError} when the copy is gone. */
export function readStarter(folder: string): FolderContent {
  if (!existsSync(starterDir(folder)))
    throw new UsageError(
      `checks/${folder}/starter is missing. Bring it back: git checkout -- checks/${folder} (or unpack the workshop's ZIP again). Nothing was changed.`,
    );
  return starterContent(folder);
}

/** Writes a starter into a folder that is empty or does not exist yet. */
export function writeStarter(dir: string, folder: string): void {
  copyShipped(starterDir(folder), dir, readStarter(folder));
}

/** What belongs to a starter, without what an editor, npm or the system has left beside it. */
export function shipped(content: FolderContent): FolderContent {
  return Object.fromEntries(
    Object.entries(content).filter(
      ([file]) => /(^|\/)\.gitignore$/.test(file) || !/(^|\/)(\.|node_modules\/)/.test(file),
    ),
  );
}

/** Copies these files of a folder, with their modes; links stay links. */
export function copyShipped(from: string, to: string, files: FolderContent): void {
  for (const file of Object.keys(files))
    cpSync(join(from, file), join(to, file), { recursive: true, verbatimSymlinks: true });
}
