import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One row of the process table. Times in milliseconds of CPU. */
export interface ProcessRow {
  pid: number;
  ppid: number;
  /** Process group: every app is started as the leader of its own. */
  pgid: number;
  /** Clock ticks since boot at which it started; with the pid it names a process for good. 0 where unknown. */
  startTicks: number;
  zombie: boolean;
  /** User and system time of the process itself. */
  cpuMs: number;
  /** The same of its children that have ended and been waited for. */
  childrenCpuMs: number;
}

const onLinux = process.platform === 'linux';
const millisecondsPerTick = 10; // USER_HZ is 100 on every Linux that Node runs on.

/** Every process that can be seen, from /proc, or from `ps` where there is none. Windows: an empty list. */
export function processTable(): ProcessRow[] {
  if (process.platform === 'win32') return [];
  return onLinux ? readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readStat(name) : [])) : tableFromPs();
}

function readStat(pid: string): ProcessRow[] {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
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
      startTicks: at(22),
      zombie: fields[0] === 'Z',
      cpuMs: (at(14) + at(15)) * millisecondsPerTick,
      childrenCpuMs: (at(16) + at(17)) * millisecondsPerTick,
    },
  ];
}

/** The parent of one process, or undefined when there is no such process. */
export function parentOf(pid: number): number | undefined {
  if (onLinux) return readStat(String(pid))[0]?.ppid;
  try {
    return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }));
  } catch {
    return undefined;
  }
}

/** A process's command line, or its title where it has set one; empty when there is no such process. */
export function commandOf(pid: number): string {
  try {
    if (onLinux) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

function tableFromPs(): ProcessRow[] {
  const lines = execFileSync('ps', ['-axo', 'pid=,ppid=,pgid=,stat=,time='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid, ppid, pgid, state, time] = line.trim().split(/\s+/);
    const seconds = (time ?? '0').split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
    return {
      pid: Number(pid),
      ppid: Number(ppid),
      pgid: Number(pgid),
      startTicks: 0,
      zombie: state?.startsWith('Z') ?? false,
      cpuMs: seconds * 1000,
      childrenCpuMs: 0,
    };
  });
}

/**
 * A process started by us and everything that came of it: its descendants, and its process group, which also holds
 * children whose parent has died.
 */
export function processTree(rootPid: number, table: ProcessRow[] = processTable()): ProcessRow[] {
  const members = new Map<number, ProcessRow>();
  for (const row of table) if (row.pid === rootPid || row.pgid === rootPid) members.set(row.pid, row);
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

/** Those of the rows that have not ended since. */
export function stillAlive(rows: ProcessRow[]): ProcessRow[] {
  const now = new Map(processTable().map((row) => [row.pid, row]));
  return rows.filter(
    ({ pid, startTicks }) => now.has(pid) && now.get(pid)?.startTicks === startTicks && !now.get(pid)?.zombie,
  );
}

/** Ends processes at once, without asking. */
export function killNow(pids: Iterable<number>): void {
  for (const pid of pids) {
    if (process.platform === 'win32') {
      try {
        execFileSync('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' });
      } catch {} // Already gone.
      continue;
    }
    try {
      process.kill(pid, 'SIGKILL');
    } catch {} // Already gone.
  }
}
