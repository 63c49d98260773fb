import { Inconclusive } from '../../model/verdict.ts';

/** What a process of the app tells about itself. Times in milliseconds, memory in bytes. */
export interface ProbeReading {
  /** How much later than planned the event loop came round, since the last reset. */
  eventLoopDelay: { p50: number; p99: number; max: number };
  /**
   * For how long at a time the loop was held by what ran on it: the delay in CPU time of the main thread, which a busy
   * machine does not stretch. The plain delay where Node can't tell (before 23.9).
   */
  eventLoopHeld: { p50: number; p99: number; max: number };
  /** Event-loop utilisation since the last reset, 0 to 1. */
  elu: number;
  /** CPU time of the process and its threads since the last reset. */
  cpuMs: number;
  heapUsed: number;
  /** Outside of the heap: what Buffers hold. */
  external: number;
  rss: number;
  /** Worker threads ever made, over all processes of the app. */
  threadsCreated: number;
  /** Every process of the app that ever loaded the probe, ended ones included. */
  processes: number[];
}

/** What is left in the app's main process after a collection. */
export interface Held {
  /** Bytes on V8's heap. */
  heapUsed: number;
  /** Bytes outside of it that objects on the heap hold, such as those of Buffers. */
  external: number;
  /** What keeps the event loop alive, by its kind: timers that are not unref'd, connections. */
  resources: Record<string, number>;
}

/** The probe of one app process and what it started. */
export interface Probe {
  /** Starts the measuring window of the app's main process. */
  reset(): Promise<void>;
  read(): Promise<ProbeReading>;
  /** Collects garbage first, so that `heapUsed` is what the app really holds. */
  readAfterGc(): Promise<ProbeReading>;
  /** Collects garbage first, too. */
  heldAfterGc(): Promise<Held>;
  /** The same heap of every process of the app that lives, by pid. Threads have heaps of their own. */
  heapsAfterGc(): Promise<Map<number, number>>;
  /** How many of Node's IncomingMessage objects can still be reached, of requests under way and of ended ones. */
  requestObjects(): Promise<number>;
  /** CPU time of every process of the app so far, threads included: differences of it are what the work cost. */
  cpuMs(): Promise<number>;
  /** When the app's main process tried to connect to that port of this machine, since it was first asked. As Date.now() tells it. */
  dials(port: number): Promise<number[]>;
  /**
   * From now on, timers of the app's main process end so many times sooner, for what would take minutes; 1: as they were set.
   * AbortSignal.timeout, too. Not those of sockets, nor those that run already.
   */
  hurry(times: number): Promise<void>;
  /**
   * Throws in a timer of the app's main process, where no code of the app can catch it.
   * @param code what Node gives to errors of the system, such as ECONNRESET.
   */
  throwInTimer(code?: string): Promise<void>;
  /**
   * Has every process of the app write its heap to `FILE-PID.heapsnapshot`, after collecting garbage. Threads have heaps of
   * their own, which are not written.
   * @returns the process ids.
   */
  writeHeaps(file: string): Promise<number[]>;
  /** Tells every process of the app to call `process.exit()`. */
  exit(): void;
}

const heapWithinMs = 60_000;

/** What a process of the app answers. */
export type Answer = Omit<ProbeReading, 'processes'> & {
  dials?: Record<string, number[]>;
  held?: Held;
  requests?: number;
  problem?: string;
};
/** The line to one process of an app, open as long as that lives. */
export interface Connection {
  app: string;
  pid: number;
  ask(command: string, more?: { argument?: string; withinMs?: number }): Promise<Answer>;
  last: { threadsCreated: number };
  lastCpuMs: number;
  open: boolean;
}

/**
 * @param all every connection that the app ever had, by now.
 * @param mainPid the process that the harness started; the others are its children.
 */
export function probeOver(all: () => Connection[], mainPid: number): Probe {
  const main = async (): Promise<Connection> => {
    for (const until = performance.now() + 2_000; performance.now() < until; ) {
      const found = all().find((connection) => connection.pid === mainPid && connection.open);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Inconclusive(
      'the measuring probe did not load into the app, so there is nothing to judge by',
      'leave NODE_OPTIONS and ENCORE_PROBE as they are when the app starts processes of its own',
    );
  };
  const ask = async (command: string, argument?: string) => {
    const connection = await main();
    try {
      return await connection.ask(command, { argument });
    } catch {
      throw new Inconclusive(
        'the app did not let the measuring probe answer within 10 s',
        'is its event loop blocked for ever?',
      );
    }
  };
  const read = async (): Promise<ProbeReading> => {
    const answer = await ask('read');
    const family = all();
    const others = family.filter((connection) => connection.pid !== mainPid);
    const theirs = await Promise.all(
      others.map(async (other) => {
        if (other.open) other.last = await other.ask('read').catch(() => other.last);
        return other.last.threadsCreated;
      }),
    );
    return {
      ...answer,
      threadsCreated: theirs.reduce((sum, count) => sum + count, answer.threadsCreated),
      processes: [...new Set(family.map((connection) => connection.pid))],
    };
  };
  const collect = async () => {
    await ask('gc');
    await ask('gc'); // The first collection runs finalizers whose objects only the second can free.
  };
  return {
    reset: async () => void (await ask('reset')),
    read,
    readAfterGc: async () => {
      await collect();
      return read();
    },
    heapsAfterGc: async () => {
      await main();
      const heaps = new Map<number, number>();
      for (const connection of all()) {
        if (!connection.open) continue;
        const ask = (command: string) => connection.ask(command).catch(() => undefined);
        await ask('gc');
        const answer = (await ask('gc')) && (await ask('read'));
        if (answer) heaps.set(connection.pid, answer.heapUsed);
      }
      return heaps;
    },
    heldAfterGc: async () => {
      await collect();
      return (await ask('held')).held as Held;
    },
    requestObjects: async () => (await ask('requests')).requests ?? 0,
    cpuMs: async () => {
      const connections = new Set([await main(), ...all()]);
      for (const connection of connections) {
        if (!connection.open) continue; // What an ended process used last still counts.
        const { cpuMs } =
          connection.pid === mainPid
            ? await ask('cpu')
            : await connection.ask('cpu').catch(() => ({ cpuMs: connection.lastCpuMs }));
        connection.lastCpuMs = cpuMs;
      }
      return [...connections].reduce((sum, { lastCpuMs }) => sum + lastCpuMs, 0);
    },
    dials: async (port) => (await ask('dials')).dials?.[port] ?? [],
    hurry: async (times) => void (await ask('hurry', String(times))),
    throwInTimer: async (code) => void (await ask('throw', code)),
    writeHeaps: async (file) => {
      await main();
      const written: number[] = [];
      for (const connection of all()) {
        if (!connection.open) continue;
        const ask = (command: string, argument?: string) =>
          connection.ask(command, { argument, withinMs: heapWithinMs }).catch(() => undefined);
        // The first collection runs finalizers whose objects only a later one can free.
        const answer = (await ask('gc')) && (await ask('snapshot', file));
        if (answer?.problem)
          throw new Inconclusive(`the app's heap could not be written: ${answer.problem}`, 'make room on the disk');
        if (answer) written.push(connection.pid);
        else if (connection.open)
          throw new Inconclusive(
            `the app did not write its heap within ${heapWithinMs / 1_000} s`,
            'is its event loop blocked for ever, or its heap larger than 1 GB?',
          );
      }
      return written;
    },
    exit: () => {
      for (const connection of all()) if (connection.open) connection.ask('exit').catch(() => {}); // Nobody answers.
    },
  };
}
