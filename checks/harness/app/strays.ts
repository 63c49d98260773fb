import { setTimeout as delay } from 'node:timers/promises';
import { type ProcessIdentity, type ProcessRow, stillAlive } from '../os/processes.ts';
import type { Run } from '../os/run.ts';
import { strays } from '../os/run-end.ts';

/** What an app that has ended may take to end its children. Those that go by themselves first have to see that it has gone. */
const graceMs = 1_000;

/** Processes of an app that have left its tree, such as daemons with a session and an environment of their own. Linux only. */
export class Strays {
  readonly #run: Run;
  readonly #excused: ProcessIdentity[] = [];

  constructor(run: Run) {
    this.#run = run;
  }

  /** Those that are there now are no fault of the app: we have ended it without a chance to end them. They go with the run. */
  excuse(): void {
    this.#excused.push(...this.#others());
  }

  /** Those that an app leaves which has ended by itself. Each is told once. */
  async left(): Promise<ProcessRow[]> {
    const left = await stillAliveAfterGrace(this.#others());
    this.#excused.push(...left);
    return left;
  }

  #others(): ProcessRow[] {
    const known = new Set(this.#excused.map(({ pid, startedAt }) => `${pid} ${startedAt}`));
    return strays(this.#run.dir).filter(({ pid, startedAt }) => !known.has(`${pid} ${startedAt}`));
  }
}

/** Whoever of them does not end within the grace. */
export async function stillAliveAfterGrace(processes: ProcessRow[]): Promise<ProcessRow[]> {
  let left = stillAlive(processes);
  for (const from = performance.now(); left.length > 0 && performance.now() - from < graceMs; await delay(20))
    left = stillAlive(left);
  return left;
}
