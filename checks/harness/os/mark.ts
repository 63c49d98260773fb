import { readFileSync, writeFileSync } from 'node:fs';
import { type ProcessRow, processTable } from './processes.ts';

// A mark that every process inherits and that no daemon loses: not with a session of its own, an environment of its own, or
// another program. Linux hands the core dump filter on with each fork and exec, anybody may set it for their own processes,
// and it only says what a core dump would hold. Nine bits are enough to tell the runs of one machine apart.

const usual = 0x33;
const highest = 0x1ff;

/**
 * Marks this process, and so all that it starts from now on, with a number that no other process carries.
 * Undefined where that can't be done: nowhere but on Linux.
 */
export function takeMark(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // Another command may take the same one at this very moment: then both look for another.
    for (let attempt = 0; attempt < 10; attempt++) {
      const used = new Set(processTable().map((row) => markOf(row.pid)));
      const free = Array.from({ length: highest }, (_, at) => at + 1).filter((one) => one !== usual && !used.has(one));
      const mark = free[Math.floor(Math.random() * free.length)];
      if (mark === undefined) return undefined;
      writeFileSync('/proc/self/coredump_filter', `0x${mark.toString(16)}`);
      const others = processTable().filter((row) => row.pid !== process.pid && markOf(row.pid) === mark);
      if (others.length === 0 && markOf(process.pid) === mark) return mark;
    }
  } catch {} // A kernel without it.
  return undefined;
}

function markOf(pid: number): number | undefined {
  try {
    return Number.parseInt(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8'), 16);
  } catch {
    return undefined; // It has ended, or the kernel has none.
  }
}

/** Those of the processes that carry the mark. */
export function marked(mark: number, rows: ProcessRow[]): ProcessRow[] {
  return rows.filter((row) => !row.zombie && markOf(row.pid) === mark);
}
