import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { processTree } from '../os/processes.ts';
import { readCpuLimit } from './cpu-limit.ts';
import { cpuMsOf } from './cpu-time.ts';

/** Milliseconds of one clock tick in /proc/stat. */
const millisecondsPerTick = 10;
/** From this share of the cores on, what others take can bend a time that we measure. */
const disturbingShare = 0.25;

/** Who used the cores for a while, each in cores on average. */
export interface MachineUse {
  /** By other programs, or by the host of a virtual machine. */
  otherCoresBusy: number;
  /** Those of them that the host took. */
  stolenCores: number;
  /** By this process and all it started. */
  ownCoresBusy: number;
  /** Cores on which a CPU limit paused our processes. */
  pausedCores?: number;
}

/** What Linux has counted until now, in milliseconds of CPU. */
interface MachineReading {
  at: number;
  busyMs: number;
  stolenMs: number;
  ownMs: number;
  pausedMs: number | undefined;
  /** Cores that we may run on, and which the readings are about. */
  cores: number;
}

/** Watches who uses the machine. Linux only. */
export class MachineWatch {
  readonly #from = readMachine();

  /** Since the start, or undefined where that can't be told. */
  use(): MachineUse | undefined {
    const to = readMachine();
    return this.#from && to && useBetween(this.#from, to);
  }

  /** Cores that others (or the hypervisor) kept busy since the start, or undefined where that can't be told. */
  otherCoresBusy(): number | undefined {
    return this.use()?.otherCoresBusy;
  }
}

/** Whether that much foreign work explains a missed target. Unknown counts as no. */
export function disturbs(otherCoresBusy: number | undefined, cores = availableParallelism()): boolean {
  return otherCoresBusy !== undefined && otherCoresBusy >= disturbingShare * cores;
}

/**
 * What kept cores from us, as the end of a sentence, and what to do about it. Undefined when we had what we needed: a limit
 * that pauses those who use all of it is no excuse, because a machine with so many cores would not give them more.
 */
export function disturbance(
  { otherCoresBusy = 0, stolenCores = 0, ownCoresBusy, pausedCores = 0 }: Partial<MachineUse>,
  cores = availableParallelism(),
): { what: string; fix: string } | undefined {
  const hadEnough = ownCoresBusy === undefined || ownCoresBusy > (1 - disturbingShare) * cores;
  if (!hadEnough && disturbs(pausedCores, cores) && pausedCores >= otherCoresBusy) {
    return {
      what: `a CPU limit paused the processes, which got ${ownCoresBusy.toFixed(1)} of ${cores} cores`,
      fix: 'give this container more CPU (docker run --cpus), and check again',
    };
  }
  if (!disturbs(otherCoresBusy, cores)) return undefined;
  return stolenCores > otherCoresBusy / 2
    ? {
        what: `the host of this virtual machine kept ${stolenCores.toFixed(1)} of its cores for others`,
        fix: 'wait until the host has less to do, and check again',
      }
    : {
        what: `other programs kept ${otherCoresBusy.toFixed(1)} cores of this machine busy`,
        fix: 'close other programs, or wait until they have finished, and check again',
      };
}

/** @param root what stands for `/`, in tests. */
export function readMachine(root = '/'): MachineReading | undefined {
  if (process.platform !== 'linux') return undefined;
  const allowed = allowedCores(readFileSync(join(root, 'proc/self/status'), 'utf8'));
  const perCore = readFileSync(join(root, 'proc/stat'), 'utf8').matchAll(/^cpu(\d+) (.*)$/gm);
  const reading = { busyMs: 0, stolenMs: 0, cores: 0 };
  for (const [, core, ticks = ''] of perCore) {
    if (!allowed(Number(core))) continue;
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks.split(' ').map(Number);
    reading.busyMs += (user + nice + system + irq + softirq + steal) * millisecondsPerTick;
    reading.stolenMs += steal * millisecondsPerTick;
    reading.cores++;
  }
  const ownMs = cpuMsOf(processTree(process.pid));
  return { at: performance.now(), ...reading, ownMs, pausedMs: readCpuLimit(root).pausedMs };
}

/** From "Cpus_allowed_list:	0-1,4" of a process's status. */
function allowedCores(status: string): (core: number) => boolean {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0-';
  const ranges = list.split(',').map((range) => range.split('-'));
  return (core) => ranges.some(([first, last = first]) => core >= Number(first) && (!last || core <= Number(last)));
}

/** @param usable how many cores we count with; what others do on more than those does not touch us. */
export function useBetween(from: MachineReading, to: MachineReading, usable = availableParallelism()): MachineUse {
  const coresIn = (ms: number) => ms / (to.at - from.at);
  const ownMs = to.ownMs - from.ownMs;
  const others = coresIn(to.busyMs - from.busyMs - ownMs);
  const spare = Math.max(0, to.cores - usable);
  return {
    otherCoresBusy: Math.max(0, others - spare),
    stolenCores: coresIn(to.stolenMs - from.stolenMs),
    ownCoresBusy: coresIn(ownMs),
    ...(from.pausedMs === undefined || to.pausedMs === undefined
      ? {}
      : { pausedCores: coresIn(to.pausedMs - from.pausedMs) }),
  };
}
