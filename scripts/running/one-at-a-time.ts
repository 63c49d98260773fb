import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repoDir } from '../../checks/harness/os/run.ts';
import { startFailure } from '../../checks/harness/os/start-failure.ts';

/** A check that is told to stop ends what it has started and then itself; this is far more than that takes. */
const forceAfterMs = 5_000;

/** A command of the workshop, to be run in a process of its own. */
export interface Job {
  args: string[];
  /** Called right before it starts. */
  begin?: () => void;
  /** Called when it has ended; without a code it was stopped. */
  end?: (exitCode: number | undefined) => void;
}

/** Runs commands in processes of their own, never two at once: a new one stops the old one and waits for its end. */
export class OneAtATime {
  readonly #env: () => NodeJS.ProcessEnv;
  readonly #print: (line: string) => void;
  #next: Job | undefined;
  #child: ChildProcess | undefined;
  #working: Promise<void> | undefined;

  constructor(env: () => NodeJS.ProcessEnv, print: (line: string) => void) {
    this.#env = env;
    this.#print = print;
  }

  /**
   * Resolves when nothing is left to do. Of the jobs that come while another is still there, the last one counts.
   * @param when `patiently` lets what runs come to its end.
   */
  start(job: Job, when: 'now' | 'patiently' = 'now'): Promise<void> {
    this.#next = job;
    if (when === 'now') this.#stopChild();
    this.#working ??= this.#work();
    return this.#working;
  }

  get busy(): boolean {
    return this.#working !== undefined;
  }

  /** Stops what runs, if anything does, and waits for its end. */
  async stop(): Promise<void> {
    this.#next = undefined;
    this.#stopChild();
    await this.#working;
  }

  async #work(): Promise<void> {
    try {
      for (let job = this.#take(); job; job = this.#take()) {
        job.begin?.();
        job.end?.(await this.#runToEnd(job.args));
      }
    } finally {
      this.#working = undefined;
    }
  }

  #take(): Job | undefined {
    const job = this.#next;
    this.#next = undefined;
    return job;
  }

  async #runToEnd(args: string[]): Promise<number | undefined> {
    const child = spawn(process.execPath, [join(repoDir, 'scripts', 'workshop.js'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: this.#env(),
      // A group of its own, which a Ctrl-C does not reach: we stop it. Should we be killed, it notices that and stops, too.
      detached: true,
    });
    if (child.pid === undefined) {
      const [error] = await once(child, 'error');
      this.#print(startFailure(process.execPath, undefined, error).message);
      return 2;
    }
    child.on('error', () => {}); // A signal that did not reach it: it has ended.
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', this.#print);
    const [code] = (await once(child, 'close')) as [number | null];
    const stopped = this.#child !== child;
    this.#child = undefined;
    return stopped ? undefined : (code ?? 1);
  }

  #stopChild(): void {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    signalGroup(child, 'SIGTERM');
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), forceAfterMs);
    child.once('close', () => clearTimeout(timer));
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (process.platform === 'win32') child.kill(signal);
    else if (child.pid) process.kill(-child.pid, signal);
  } catch {} // It has just ended.
}
