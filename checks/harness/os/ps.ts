import { execFileSync } from 'node:child_process';
import type { ProcessRow } from './process-row.ts';

// What `ps` tells of processes, where there is no /proc. It is POSIX but for `lstart`, which macOS and Linux have.

/** In English and in UTC, or the start times of two looks could not be compared. */
const env = () => ({ ...process.env, LC_ALL: 'C', TZ: 'UTC' });

function ps(...args: string[]): string {
  return execFileSync('ps', args, { encoding: 'utf8', env: env(), stdio: ['ignore', 'pipe', 'ignore'] });
}

const columns = 'pid=,ppid=,pgid=,stat=,time=,lstart=';

/** The whole process table, or the rows of the given processes. `startedAt` is in seconds since 1970. */
export function rowsFromPs(pids?: number[]): ProcessRow[] {
  if (pids?.length === 0) return [];
  let text: string;
  try {
    text = pids ? ps('-o', columns, '-p', pids.join(',')) : ps('-axo', columns);
  } catch (error) {
    // Exit code 1 says that there is no such process; whatever else it is, nothing is known.
    if (pids && (error as { status?: number | null }).status === 1) return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => (line.trim() ? [rowFrom(line.trim())] : []));
}

function rowFrom(line: string): ProcessRow {
  const [pid, ppid, pgid, state = '', time = '', ...started] = line.split(/\s+/);
  return {
    pid: Number(pid),
    ppid: Number(ppid),
    pgid: Number(pgid),
    startedAt: secondsOf(started.join(' ')),
    zombie: state.startsWith('Z'),
    cpuMs: Math.round(cpuSeconds(time) * 1000),
    childrenCpuMs: 0,
  };
}

/** From "Sat Nov 28 21:09:34 2026". 0 when it is anything else. */
function secondsOf(started: string): number {
  const at = Date.parse(`${started} UTC`);
  return Number.isNaN(at) ? 0 : at / 1000;
}

/** From "0:12.34" (macOS), "00:00:12" or "1-02:03:04" (Linux). */
function cpuSeconds(time: string): number {
  const [clock = '0', days = '0'] = time.split('-').reverse();
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}

/** A process's command line; throws when there is no such process. */
export function commandFromPs(pid: number): string {
  return ps('-o', 'command=', '-p', String(pid)).trim();
}
