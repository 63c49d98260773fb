import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { readCpuLimit } from '../../checks/harness/measure/cpu-limit.ts';
import { disturbance, type MachineUse } from '../../checks/harness/measure/machine.ts';
import { openFilesLimit, wantedOpenFiles } from '../../checks/harness/os/open-files.ts';
import { freePort } from '../../checks/harness/os/ports.ts';
import { cacheDir, repoDir } from '../../checks/harness/os/run.ts';

/** A lesson's database and the copy of a check take the most: up to 300 MB. A Redis unpacked from a package needs 10. */
const wantedDiskMb = 500;
const wantedMemoryMb = 700;

/** A line of `npm run doctor`. */
export interface Finding {
  name: string;
  state: 'good' | 'note' | 'bad';
  text: string;
  fix?: string | undefined;
}

export function node(): Finding {
  const pinned = process.execPath.startsWith(join(repoDir, 'node_modules'));
  const where = pinned ? "from this folder's node_modules" : `your own: ${process.execPath}`;
  return { name: 'Node', state: 'good', text: `${process.versions.node}, ${where}` };
}

export function cores(): Finding {
  const usable = availableParallelism();
  const all = cpus().length;
  const text = `${usable}${usable < all ? ` of ${all} (limited)` : ''}`;
  const { cores: limit = usable } = readCpuLimit();
  if (usable < 2) return { name: 'Cores', state: 'note', text: `${text}; what needs two is left out, and is said so` };
  return limit < usable
    ? {
        name: 'Cores',
        state: 'note',
        text: `${text}; a CPU limit gives them the time of ${limit}, so loads may end inconclusive`,
      }
    : { name: 'Cores', state: 'good', text };
}

export function memory(): Finding {
  const freeMb = Math.round(freemem() / 1e6);
  const text = `${freeMb} MB free of ${Math.round(totalmem() / 1e6)} MB`;
  return freeMb >= wantedMemoryMb
    ? { name: 'Memory', state: 'good', text }
    : {
        name: 'Memory',
        state: 'note',
        text: `${text}; a check takes up to ${wantedMemoryMb} MB, so close other programs`,
      };
}

export function disk(): Finding {
  try {
    mkdirSync(cacheDir, { recursive: true });
    accessSync(cacheDir, constants.W_OK);
    const { bavail, bsize } = statfsSync(cacheDir);
    const freeMb = Math.round((bavail * bsize) / 1e6);
    const text = `${freeMb} MB free, scratch files in .workshop`;
    return freeMb >= wantedDiskMb
      ? { name: 'Disk', state: 'good', text }
      : { name: 'Disk', state: 'bad', text, fix: `free ${wantedDiskMb} MB on the disk of ${repoDir}` };
  } catch {
    return {
      name: 'Disk',
      state: 'bad',
      text: `${cacheDir} can't be written`,
      fix: `give yourself the right to write to ${dirname(cacheDir)}`,
    };
  }
}

/** Undefined where nobody limits it. */
export function openFiles(): Finding | undefined {
  const limit = openFilesLimit();
  if (limit === undefined) return undefined;
  const text = `${limit.toLocaleString('en')} at a time for a process`;
  return limit >= wantedOpenFiles
    ? { name: 'Files', state: 'good', text }
    : {
        name: 'Files',
        state: 'bad',
        text: `${text}; a check needs ${wantedOpenFiles.toLocaleString('en')}, connections included`,
        fix: 'ulimit -n 4096 in this shell (in a container: docker run --ulimit nofile=4096)',
      };
}

export async function ports(): Promise<Finding> {
  try {
    return { name: 'Ports', state: 'good', text: `free ones on 127.0.0.1, such as ${await freePort()}` };
  } catch (error) {
    return { name: 'Ports', state: 'bad', text: String(error), fix: 'allow programs to listen on 127.0.0.1' };
  }
}

/** What other programs do right now. Undefined where that can't be told. */
export function programs(use: MachineUse | undefined): Finding | undefined {
  if (!use) return undefined;
  const disturbed = disturbance(use);
  return disturbed
    ? { name: 'Programs', state: 'note', text: `${disturbed.what} just now; a load run may end inconclusive` }
    : {
        name: 'Programs',
        state: 'good',
        text: `others use ${use.otherCoresBusy.toFixed(1)} of ${availableParallelism()} cores just now`,
      };
}
