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
  const limit = (bytes: number | string) => {
    for (const pid of pids) execFileSync('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:`], { stdio: 'ignore' });
  };
  const allowed = /^Max file size +(\S+)/m.exec(readFileSync(`/proc/${pids[0]}/limits`, 'utf8'))?.[1] ?? 'unlimited';
  try {
    limit(allowed);
  } catch {
    return undefined; // No such command here.
  }
  return { fill: () => limit(statSync(file).size), free: () => limit(allowed), opensEachTime: false };
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
