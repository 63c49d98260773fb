import { readFileSync } from 'node:fs';

/**
 * Of a process's main thread: whether it runs or waits for a core at this moment, and how often it has gone to sleep by
 * itself. One that wants to run and has not slept for a while is no process that rests: it gets no core. Linux only.
 */
export function pulseOf(pid: number): { wantsCore: boolean; sleeps: number } | undefined {
  if (process.platform !== 'linux') return undefined;
  const status = statusOf(pid);
  const after = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
  return { wantsCore: after('State') === 'R', sleeps: Number(after('voluntary_ctxt_switches')) };
}

/** Whether a main thread of these processes runs or waits for a core. */
export function wantsCore(processes: { pid: number }[]): boolean {
  return processes.some(({ pid }) => pulseOf(pid)?.wantsCore);
}

/**
 * Milliseconds for which the main thread of a process had a core or waited for one, since its start. In what is left of its
 * age it has rested, or waited for somebody. Linux only.
 */
export function wantedCoreMs(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const [onCore = 0, waiting = 0] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ').map(Number);
    return (onCore + waiting) / 1e6;
  } catch {
    return undefined; // It has ended.
  }
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return ''; // It has ended.
  }
}
