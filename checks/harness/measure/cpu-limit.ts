import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** What Linux says of the CPU limit of a container: of our own control group and of those around it. */
export interface CpuLimit {
  /** Cores that may be used on average, where that is less than the machine has. */
  cores?: number;
  /** For how long processes were paused since the group exists, added up over the cores that they were paused on. */
  pausedMs?: number;
}

/** @param root what stands for `/`, in tests. Empty where there are no control groups. */
export function readCpuLimit(root = '/'): CpuLimit {
  const limit: CpuLimit = {};
  for (const folder of groupFolders(root)) {
    const cores = coresOf(folder);
    if (cores !== undefined) limit.cores = Math.min(cores, limit.cores ?? cores);
    const stat = read(join(folder, 'cpu.stat')) ?? '';
    // Version 2 counts microseconds, version 1 nanoseconds.
    const [, name, value] = /^(throttled_usec|throttled_time) (\d+)$/m.exec(stat) ?? [];
    if (name) limit.pausedMs = (limit.pausedMs ?? 0) + Number(value) / (name === 'throttled_usec' ? 1e3 : 1e6);
  }
  return limit;
}

/** Folders that may describe our group and those around it; some do not exist. */
function groupFolders(root: string): string[] {
  return (read(join(root, 'proc/self/cgroup')) ?? '').split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined || (controllers && !controllers.split(',').includes('cpu'))) return [];
    const base = join(root, 'sys/fs/cgroup', controllers ? 'cpu' : '');
    const folders = [base];
    // In a container the path may be the host's, and then only the base is there.
    for (let at = path; at !== '/'; at = posix.dirname(at)) folders.push(join(base, at));
    return folders;
  });
}

function coresOf(folder: string): number | undefined {
  const [quota, period] =
    read(join(folder, 'cpu.max'))?.split(' ') ??
    ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((name) => read(join(folder, name)));
  return Number(quota) > 0 && Number(period) > 0 ? Number(quota) / Number(period) : undefined; // "max", or -1.
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
