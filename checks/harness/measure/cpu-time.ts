import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessRow } from '../os/processes.ts';

/**
 * CPU milliseconds that a tree has used, in steps of 10. Threads that have ended count, and so do children that have ended
 * and been waited for: a sum over the threads that live now would fall whenever one ends.
 */
export function cpuMsOf(tree: ProcessRow[]): number {
  return tree.reduce((sum, row) => sum + row.cpuMs + row.childrenCpuMs, 0);
}

/** CPU milliseconds of each thread of the tree, by "pid/tid". Linux only, elsewhere undefined. */
export function threadCpuMs(tree: ProcessRow[]): Map<string, number> | undefined {
  if (process.platform !== 'linux') return undefined;
  const threads = new Map<string, number>();
  for (const { pid } of tree) {
    let ids: string[] = [];
    try {
      ids = readdirSync(`/proc/${pid}/task`);
    } catch {
      continue;
    }
    for (const id of ids) {
      // schedstat counts nanoseconds on the CPU; stat only knows whole ticks of 10 ms.
      const onCpuMs = onCpu(`/proc/${pid}/task/${id}/schedstat`);
      if (onCpuMs !== undefined) threads.set(`${pid}/${id}`, onCpuMs);
    }
  }
  return threads;
}

function onCpu(schedstat: string): number | undefined {
  try {
    return Number(readFileSync(schedstat, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return undefined; // The thread has ended.
  }
}
