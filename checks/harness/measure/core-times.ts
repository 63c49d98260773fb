import { readFileSync } from 'node:fs';
import { type CpuInfo, cpus } from 'node:os';
import { join } from 'node:path';

/** What the cores have done since the machine started, in milliseconds of CPU. */
export interface CoreTimes {
  busyMs: number;
  /** Those of them that the host of a virtual machine kept for others. 0 where only Linux can tell. */
  stolenMs: number;
  /** Cores that we may run on, and which the figures are about. */
  cores: number;
}

/** Milliseconds of one clock tick in /proc/stat. */
const millisecondsPerTick = 10;

/** From /proc. @param root what stands for `/`, in tests. */
export function coreTimesFromProc(root = '/'): CoreTimes {
  const allowed = allowedCores(readFileSync(join(root, 'proc/self/status'), 'utf8'));
  const perCore = readFileSync(join(root, 'proc/stat'), 'utf8').matchAll(/^cpu(\d+) (.*)$/gm);
  const times = { busyMs: 0, stolenMs: 0, cores: 0 };
  for (const [, core, ticks = ''] of perCore) {
    if (!allowed(Number(core))) continue;
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks.split(' ').map(Number);
    times.busyMs += (user + nice + system + irq + softirq + steal) * millisecondsPerTick;
    times.stolenMs += steal * millisecondsPerTick;
    times.cores++;
  }
  return times;
}

/** From Node, where there is no /proc, as on macOS: a process may run on every core there. */
export function coreTimesFromOs(read: () => Pick<CpuInfo, 'times'>[] = cpus): CoreTimes {
  const cores = read();
  const busyMs = cores.reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);
  return { busyMs, stolenMs: 0, cores: cores.length };
}

/** From "Cpus_allowed_list:	0-1,4" of a process's status. */
function allowedCores(status: string): (core: number) => boolean {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0-';
  const ranges = list.split(',').map((range) => range.split('-'));
  return (core) => ranges.some(([first, last = first]) => core >= Number(first) && (!last || core <= Number(last)));
}
