import { randomBytes } from 'node:crypto';
import { chownSync, constants, copyFileSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from '../../os/run.ts';
import { type PlatformPackage, serverVersion, sharedServer, stageServer } from './platform-package.ts';
import { openToOthers, type ServerUser, serverUser } from './server-user.ts';

/** Where the servers of one run work, and as whom. */
export interface Workplace {
  /** Scratch folder that the server's user may write to. Deleted with the run. */
  dir: string;
  /** Holds bin, lib and share. */
  serverDir: string;
  version: string;
  user: ServerUser | undefined;
}

/**
 * Opens a workplace inside the run's folder. Root's server runs as another user, who can't enter a repository below a
 * closed folder, and initdb can't be run from every path: only then it is a folder in the system's temporary one, with a
 * copy of the server, deleted with the run.
 */
export function openWorkplace(found: PlatformPackage, cacheDir: string, run: Run): Workplace {
  const user = serverUser();
  const dir = mkdtempSync(join(run.dir, 'postgres-'));
  if (isPlain(run.dir) && (!user || openToOthers(run.dir))) {
    const serverDir = sharedServer(found, cacheDir, dir);
    if (user) chownSync(dir, user.ids.uid, user.ids.gid);
    return { dir, serverDir, version: serverVersion(serverDir, user), user };
  }
  const problems: string[] = [];
  for (const folder of outsideFolders()) {
    try {
      const outside = join(folder, `encore-postgres-${randomBytes(6).toString('hex')}`);
      run.deleteToo(outside);
      mkdirSync(outside, { mode: 0o700 });
      const serverDir = join(outside, 'server');
      stageServer(found, serverDir);
      if (user) chownSync(outside, user.ids.uid, user.ids.gid);
      return { dir: outside, serverDir, version: serverVersion(serverDir, user), user };
    } catch (error) {
      problems.push((error as Error).message); // A temporary folder may forbid programs (noexec).
    }
  }
  const who = user ? `${user.name}, as whom root runs it,` : `initdb, which can't be run in ${run.dir},`;
  throw new Error(`${who} finds no folder to run it in: ${problems.join('; ')}`);
}

/** initdb hands paths to a shell in double quotes. */
export const isPlain = (folder: string): boolean => !/["$`\\\n]/.test(folder);

/** Temporary folders that every user may enter. */
export function outsideFolders(): string[] {
  return [...new Set([tmpdir(), '/tmp', '/var/tmp'])].filter((folder) => {
    try {
      return openToOthers(folder);
    } catch {
      return false; // Not there.
    }
  });
}

/** Copies a data folder, for the server's user if that is another one. Clones the blocks where the file system can. */
export function copyData(from: string, to: string, user: ServerUser | undefined): void {
  mkdirSync(to, { mode: 0o700 }); // The server refuses a folder that others may enter.
  if (user) chownSync(to, user.ids.uid, user.ids.gid);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyData(source, target, user);
    else if (entry.isFile()) {
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
      if (user) chownSync(target, user.ids.uid, user.ids.gid);
    }
  }
}
