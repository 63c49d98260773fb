import { readFileSync } from 'node:fs';
import {
  isOrdinary,
  isSame,
  type ProcessIdentity,
  type ProcessRow,
  processTable,
  rowsOf,
  treeOf,
} from './processes.ts';

/**
 * The children of a process, and theirs. Linux is asked for these alone, which costs a fraction of a look at all processes: for
 * behaviours that look all the time. Left out are those whose parent has ended, and there those that a thread has started.
 * @param table what to look at where the system does not say whose children somebody has.
 */
export function descendantsOf(root: ProcessIdentity, table: () => ProcessRow[] = processTable): ProcessRow[] {
  const pids = childrenOf(root.pid);
  if (!pids) return treeOf(root, table()).filter(({ pid }) => pid !== root.pid);
  const [holder] = rowsOf([root.pid]);
  if (!holder || !isSame(holder, root)) return [];
  // These grow while they are gone through.
  for (const pid of pids) pids.push(...(childrenOf(pid) ?? []));
  return rowsOf(pids).filter(({ pid, zombie }) => isOrdinary(pid) && !zombie);
}

/** Those that its main thread has started; undefined where the system does not tell, or when it has ended. */
function childrenOf(pid: number): number[] | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return undefined;
  }
}
