/** A process for good: the system gives the number of one that has ended to another one. */
export interface ProcessIdentity {
  pid: number;
  /** When it started. Linux: clock ticks since boot. Elsewhere: seconds since 1970. Only to be compared; 0 is unknown. */
  startedAt: number;
}

/** One row of the process table. Times in milliseconds of CPU. */
export interface ProcessRow extends ProcessIdentity {
  ppid: number;
  /** Process group: every app is started as the leader of its own. */
  pgid: number;
  zombie: boolean;
  /** User and system time of the process itself. */
  cpuMs: number;
  /** The same of its children that have ended and been waited for. */
  childrenCpuMs: number;
}
