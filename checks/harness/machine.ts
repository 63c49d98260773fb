import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { cpuMsOf } from './cpu-time.ts';
import { processTable, processTree } from './processes.ts';

/** Milliseconds of one clock tick in /proc/stat. */
const millisecondsPerTick = 10;
/** From this share of the cores on, other programs can bend a time that we measure. */
const disturbingShare = 0.25;

/** CPU time of the whole machine and of this process with all it started, in milliseconds. */
interface CpuReading {
  at: number;
  machineMs: number;
  oursMs: number;
}

/** Watches how much of the machine other programs use. Linux only. */
export class MachineWatch {
  readonly #from = read();

  /** Cores that others (or the hypervisor) kept busy since the start, or undefined where that can't be told. */
  otherCoresBusy(): number | undefined {
    const to = read();
    if (!this.#from || !to) return undefined;
    const othersMs = to.machineMs - this.#from.machineMs - (to.oursMs - this.#from.oursMs);
    return Math.max(0, othersMs / (to.at - this.#from.at));
  }
}

/** Whether that much foreign work explains a missed target. Unknown counts as no. */
export function disturbs(otherCoresBusy: number | undefined): boolean {
  return otherCoresBusy !== undefined && otherCoresBusy >= disturbingShare * availableParallelism();
}

function read(): CpuReading | undefined {
  if (process.platform !== 'linux') return undefined;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] =
    readFileSync('/proc/stat', 'utf8').split('\n')[0]?.split(/\s+/).slice(1).map(Number) ?? [];
  const ours = processTree(process.pid, processTable());
  return {
    at: performance.now(),
    machineMs: (user + nice + system + irq + softirq + steal) * millisecondsPerTick,
    // Children that have ended count in `childrenCpuMs` of whoever waited for them.
    oursMs: cpuMsOf(ours),
  };
}
