import { availableParallelism, cpus } from 'node:os';

/** What all cores together have done since the machine started, in milliseconds. */
export interface CoreTimes {
  busy: number;
  all: number;
}

export function readCoreTimes(): CoreTimes {
  const times = cpus().map((core) => core.times);
  const all = times.reduce((sum, one) => sum + Object.values(one).reduce((a, b) => a + b, 0), 0);
  return { all, busy: all - times.reduce((sum, { idle }) => sum + idle, 0) };
}

/** Tells afterwards how much of the cores was used meanwhile: "1.7 of 2 cores busy". */
export function coresWatch(): () => string {
  const before = readCoreTimes();
  return () => {
    const now = readCoreTimes();
    const busy = ((now.busy - before.busy) / Math.max(1, now.all - before.all)) * cpus().length;
    return `${busy.toFixed(1)} of ${availableParallelism()} cores busy`;
  };
}
