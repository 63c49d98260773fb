import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessIdentity, ProcessRow } from './process-row.ts';
import { commandFromPs, rowsFromPs } from './ps.ts';

export type { ProcessIdentity, ProcessRow } from './process-row.ts';

const onLinux = process.platform === 'linux';
const millisecondsPerTick = 10; // USER_HZ is 100 on every Linux that Node runs on.
/** `ps` rounds the start time to seconds, and may do so in either direction. */
const startSlack = onLinux ? 0 : 1;

/**
 * Every process that can be seen, from /proc, or from `ps` where there is none. Windows: an empty list.
 * @throws when the table can't be read, such as without a free file descriptor: nobody may take that for an empty one.
 */
export function processTable(): ProcessRow[] {
  if (process.platform === 'win32') return [];
  return onLinux ? readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readStat(name) : [])) : rowsFromPs();
}

let lastLook: { at: number; table: ProcessRow[] } | undefined;

/** Every process, as it was seen then or later. A look at all of them costs a millisecond for a hundred. @param since performance.now() */
export function lateTable(since: number): ProcessRow[] {
  if (!lastLook || lastLook.at < since) lastLook = { at: performance.now(), table: processTable() };
  return lastLook.table;
}

/** The rows of some processes, without a look at all the others. Those that have ended have none. */
export function rowsOf(pids: number[]): ProcessRow[] {
  if (process.platform === 'win32') return [];
  return onLinux ? pids.flatMap((pid) => readStat(String(pid))) : rowsFromPs(pids);
}

function readStat(pid: string): ProcessRow[] {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EMFILE' || code === 'ENFILE') throw error; // It may well live.
    return []; // It ended while we looked.
  }
  // The command's name stands in brackets and may itself hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const at = (field: number) => Number(fields[field - 3]);
  return [
    {
      pid: Number(pid),
      ppid: at(4),
      pgid: at(5),
      startedAt: at(22),
      zombie: fields[0] === 'Z',
      cpuMs: (at(14) + at(15)) * millisecondsPerTick,
      childrenCpuMs: (at(16) + at(17)) * millisecondsPerTick,
    },
  ];
}

/** Who a process is, or undefined when there is no such process or the system does not tell (Windows). */
export function identityOf(pid: number | undefined): ProcessIdentity | undefined {
  if (!isOrdinary(pid)) return undefined;
  const [row] = rowsOf([pid]);
  return row && row.startedAt > 0 ? { pid, startedAt: row.startedAt } : undefined;
}

/** Whether both are the same process, and not one that got the number later. Who is not known is nobody. */
export function isSame(one: ProcessIdentity, other: ProcessIdentity, slack = startSlack): boolean {
  if (one.pid !== other.pid || !(one.startedAt > 0) || !(other.startedAt > 0)) return false;
  return Math.abs(one.startedAt - other.startedAt) <= slack;
}

/** Whether it is a process that somebody has started: 0 and 1 are the system, and -1 means everybody. */
export function isOrdinary(pid: number | undefined): pid is number {
  return Number.isSafeInteger(pid) && (pid as number) > 1;
}

/** The parent of one process, or undefined when there is no such process. */
export function parentOf(pid: number): number | undefined {
  return rowsOf([pid])[0]?.ppid;
}

/** A process's command line, or its title where it has set one; empty when there is no such process. */
export function commandOf(pid: number): string {
  try {
    if (onLinux) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return commandFromPs(pid);
  } catch {
    return '';
  }
}

/**
 * A process started by us and everything that came of it: its descendants, and its process group, which also holds
 * children whose parent has died. Nothing came of 0 and 1: everything would.
 */
export function processTree(rootPid: number, table?: ProcessRow[]): ProcessRow[] {
  return isOrdinary(rootPid) ? grow((row) => row.pid === rootPid || row.pgid === rootPid, table) : [];
}

/**
 * The same of a process that may have ended a while ago, and whose number somebody else may have now. A group outlives
 * its leader and keeps the number taken; its members can't be older than the leader.
 */
export function treeOf(root: ProcessIdentity, table = processTable(), slack = startSlack): ProcessRow[] {
  if (!isOrdinary(root.pid) || !(root.startedAt > 0)) return [];
  const holder = table.find((row) => row.pid === root.pid);
  if (holder && !isSame(holder, root, slack)) return [];
  const isMember = (row: ProcessRow) => row.pgid === root.pid && row.startedAt >= root.startedAt - slack;
  return grow((row) => row === holder || isMember(row), table);
}

function grow(isSeed: (row: ProcessRow) => boolean, table = processTable()): ProcessRow[] {
  const members = new Map<number, ProcessRow>();
  for (const row of table) if (isOrdinary(row.pid) && isSeed(row)) members.set(row.pid, row);
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const row of table) if (members.has(row.ppid)) members.set(row.pid, row);
  }
  return [...members.values()].filter((row) => !row.zombie);
}

/** The processes whose environment holds `tag` ("NAME=value"). Linux only, elsewhere none. */
export function taggedProcesses(tag: string, table: ProcessRow[] = processTable()): ProcessRow[] {
  if (!onLinux) return [];
  return table.filter((row) => {
    try {
      return readFileSync(`/proc/${row.pid}/environ`, 'latin1').split('\0').includes(tag);
    } catch {
      return false; // Ended, or another user's.
    }
  });
}

/** Those of the processes that have not ended since. */
export function stillAlive<Process extends ProcessIdentity>(processes: Process[]): Process[] {
  const now = new Map(rowsOf(processes.map(({ pid }) => pid)).map((row) => [row.pid, row]));
  return processes.filter((one) => {
    const row = now.get(one.pid);
    return row !== undefined && !row.zombie && isSame(row, one);
  });
}

/** Ends processes at once, without asking. */
export function killNow(pids: Iterable<number>): void {
  for (const pid of pids) {
    if (!isOrdinary(pid)) continue;
    try {
      if (process.platform === 'win32')
        execFileSync('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' });
      else process.kill(pid, 'SIGKILL');
    } catch {} // Already gone.
  }
}
