import { availableParallelism } from 'node:os';
import { type ProcessRow, processTree } from '../os/processes.ts';
import { type CoreTimes, coreTimesFromOs, coreTimesFromProc } from './core-times.ts';
import { readCpuLimit } from './cpu-limit.ts';
import { cpuMsOf } from './cpu-time.ts';

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

/** What has been counted until now, in milliseconds of CPU. */
interface MachineReading extends CoreTimes {
  at: number;
  /** By this process and all it started, ended children included. */
  ownMs: number;
  /** The same by process, where nobody counts what ended children have used: outside of Linux. */
  ownByPid?: Map<number, number>;
  pausedMs?: number | undefined;
}

/** Watches who uses the machine: on Linux and macOS; Windows does not say which processes are ours. */
export class MachineWatch {
  readonly #read: () => MachineReading | undefined;
  readonly #from: MachineReading | undefined;

  /** @param read how this system tells, in tests of another system. */
  constructor(read: () => MachineReading | undefined = readMachine) {
    this.#read = read;
    this.#from = read();
  }

  /** Since the start, or undefined where that can't be told. */
  use(): MachineUse | undefined {
    const to = this.#read();
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

/** Begins to watch. What it returns says whether other programs have kept the machine busy since. */
export function watchOthers(): () => boolean {
  const watch = new MachineWatch();
  return () => disturbs(watch.otherCoresBusy());
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

/** What this system has counted until now, or undefined where it does not say which processes are ours. */
export function readMachine(platform: NodeJS.Platform = process.platform): MachineReading | undefined {
  if (platform === 'linux') return readLinux();
  return platform === 'win32' ? undefined : readElsewhere();
}

/** @param root what stands for `/`, in tests. */
export function readLinux(root = '/'): MachineReading {
  const ownMs = cpuMsOf(processTree(process.pid));
  return { at: performance.now(), ...coreTimesFromProc(root), ownMs, pausedMs: readCpuLimit(root).pausedMs };
}

/** Without /proc, as on macOS: the cores as Node tells them, and our processes as `ps` does. */
export function readElsewhere(
  readCores: () => CoreTimes = coreTimesFromOs,
  ownTree: () => ProcessRow[] = () => processTree(process.pid),
): MachineReading {
  const tree = ownTree();
  const ownByPid = new Map(tree.map((row) => [row.pid, row.cpuMs]));
  return { at: performance.now(), ...readCores(), ownMs: cpuMsOf(tree), ownByPid };
}

/** What each process used meanwhile. One that has ended counts for nothing, or its past would be taken off the others. */
function growth(from: Map<number, number>, to: Map<number, number>): number {
  return [...to].reduce((sum, [pid, ms]) => sum + Math.max(0, ms - (from.get(pid) ?? 0)), 0);
}

/** @param usable how many cores we count with; what others do on more than those does not touch us. */
export function useBetween(from: MachineReading, to: MachineReading, usable = availableParallelism()): MachineUse {
  const coresIn = (ms: number) => ms / (to.at - from.at);
  const ownMs = from.ownByPid && to.ownByPid ? growth(from.ownByPid, to.ownByPid) : to.ownMs - from.ownMs;
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
