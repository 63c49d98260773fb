import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import type { Instance } from '../harness/sdk/index.ts';

/** Makes the app's writes to a file fail, until they may succeed again. */
export interface FullDisk {
  fill(): void;
  free(): void;
  /** Whether the app opens the file each time it writes. */
  opensEachTime: boolean;
}

/** Undefined where a write to a file that the app has open since its start can't be made to fail. */
export function fullDisk(app: Instance, file: string): FullDisk | undefined {
  if (!existsSync(file)) return folderInItsPlace(file);
  // It has made the file at its start. Only Linux tells whether it has kept it open.
  if (process.platform !== 'linux') return undefined;
  const pids = app.tree().map(({ pid }) => pid);
  return pids.some((pid) => hasOpen(pid, file)) ? limitedTo(file, pids) : folderInItsPlace(file);
}

/** A folder in the file's place is a disk that takes nothing. */
function folderInItsPlace(file: string): FullDisk {
  rmSync(file, { force: true });
  return {
    fill: () => void mkdirSync(file),
    free: () => rmdirSync(file),
    opensEachTime: true,
  };
}

/** The kernel refuses what would make a file longer than this limit of the process. */
function limitedTo(file: string, pids: readonly number[]): FullDisk | undefined {
  let lift: (() => void) | undefined;
  try {
    limit(pids, allowedTo(pids[0] as number));
  } catch {
    return undefined; // No such command here.
  }
  return {
    fill: () => {
      lift = limitProcesses(pids, statSync(file).size);
    },
    free: () => lift?.(),
    opensEachTime: false,
  };
}

/**
 * No file of this app grows beyond so many bytes: a write that would go further is cut short there.
 * @returns what lifts the limit; undefined where there is no such limit.
 */
export function limitFileSize(app: Instance, bytes: number): (() => void) | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return limitProcesses(
      app.tree().map(({ pid }) => pid),
      bytes,
    );
  } catch {
    return undefined; // No such command here.
  }
}

function limitProcesses(pids: readonly number[], bytes: number): () => void {
  const before = allowedTo(pids[0] as number);
  limit(pids, bytes);
  return () => limit(pids, before);
}

function limit(pids: readonly number[], bytes: number | string): void {
  for (const pid of pids) execFileSync('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:`], { stdio: 'ignore' });
}

function allowedTo(pid: number): string {
  return /^Max file size +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1] ?? 'unlimited';
}

function hasOpen(pid: number, file: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === realpathSync(file);
      } catch {
        return false; // Closed meanwhile.
      }
    });
  } catch {
    return false; // It ended meanwhile.
  }
}
