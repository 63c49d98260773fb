import {
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheDir, repoDir } from '../../checks/harness/os/run.ts';
import { UsageError } from '../usage-error.ts';
import { contentOf, type FolderContent, sameContent } from './folder-content.ts';

const keptDir = (folder: string) => join(cacheDir, 'kept', folder);
const lessonDir = (folder: string) => join(repoDir, 'lessons', folder);

/** Names of the versions of a lesson that have been kept, oldest first: the time at which each was. */
export function keptVersions(folder: string): string[] {
  return existsSync(keptDir(folder))
    ? readdirSync(keptDir(folder))
        .filter((name) => timeOf(name) > 0)
        .sort()
    : [];
}

export const keptPath = (folder: string, version: string): string => join(keptDir(folder), version);

/**
 * Puts another content into a lesson's folder. What was there is moved, whole, to a folder of its own below
 * .workshop/kept, also what git ignores; the folder itself stays, for whoever has it open.
 * @param fill writes the new content into an empty folder.
 * @returns the name of the kept version.
 */
export function replaceLesson(folder: string, fill: (emptyDir: string) => void): string {
  mkdirSync(keptDir(folder), { recursive: true });
  mkdirSync(lessonDir(folder), { recursive: true });
  const staged = mkdtempSync(join(keptDir(folder), 'new-'));
  const moved: [from: string, to: string][] = [];
  try {
    fill(staged); // Whatever is missing is found out before anything is touched.
    const version = newVersion(folder);
    moveEntries(lessonDir(folder), keptPath(folder, version), moved);
    moveEntries(staged, lessonDir(folder), moved);
    forgetEqual(folder, version);
    return version;
  } catch (error) {
    for (const [from, to] of moved.reverse()) move(to, from);
    for (const version of keptVersions(folder)) removeIfEmpty(keptPath(folder, version));
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UsageError(
      `${path ?? folder} can't be moved (${message.split(',')[0]}): does a program have it open? Nothing was changed.`,
    );
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}

/** Deletes what a restore has just kept, if it is the starter: nobody wrote that. */
export function forgetStarter(folder: string, version: string, starter: FolderContent): boolean {
  if (!sameContent(contentOf(keptPath(folder, version)), starter)) return false;
  rmSync(keptPath(folder, version), { recursive: true });
  return true;
}

/** Deletes older versions of the same content: ten equal resets keep one copy, the last. */
function forgetEqual(folder: string, version: string): void {
  try {
    const content = contentOf(keptPath(folder, version));
    for (const other of keptVersions(folder))
      if (other !== version && sameContent(contentOf(keptPath(folder, other)), content))
        rmSync(keptPath(folder, other), { recursive: true });
  } catch {} // One copy too many is no fault.
}

/** Copies a kept version, which stays where it is. */
export function copyVersion(folder: string, version: string, to: string): void {
  copy(keptPath(folder, version), to);
}

function copy(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    mode: constants.COPYFILE_FICLONE,
    // A socket or a pipe that an app has left holds nothing that could be copied.
    filter: (path) => {
      const entry = lstatSync(path);
      return entry.isFile() || entry.isDirectory() || entry.isSymbolicLink();
    },
  });
}

function moveEntries(from: string, to: string, moved: [string, string][]): void {
  for (const name of readdirSync(from)) {
    move(join(from, name), join(to, name));
    moved.push([join(from, name), join(to, name)]);
  }
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    copy(from, to); // .workshop lies on another disk.
    rmSync(from, { recursive: true });
  }
}

/** A folder named by the time in UTC, later than all others, also when the clock was set back. */
function newVersion(folder: string): string {
  const last = timeOf(keptVersions(folder).at(-1) ?? '');
  const at = new Date(Math.max(Date.now(), last + 1));
  const name = at.toISOString().replace(/[:.]/g, '-'); // Windows allows no colon in a name.
  mkdirSync(keptPath(folder, name));
  return name;
}

function timeOf(version: string): number {
  return Date.parse(version.replace(/^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d)-(\d{3}Z)$/, '$1:$2:$3.$4')) || 0;
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {} // Not empty: it stays.
}
