import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { OutputTail } from './output-tail.ts';
import { identityOf, killNow, type ProcessIdentity, treeOf } from './processes.ts';
import { startFailure } from './start-failure.ts';

/** How a process is started. Each is the leader of its own process group, so that all that comes of it can be ended. */
export interface ChildOptions extends Pick<SpawnOptions, 'cwd' | 'env' | 'stdio' | 'uid' | 'gid'> {
  /** The signal that it gets, and a moment, before it is killed with the run. For a server that holds what the kernel does not free by itself. */
  askFirst?: NodeJS.Signals | undefined;
  /** After so long it is ended, with all that came of it. */
  limitMs?: number;
}

/** Adds a process that has just been started to the list of those that are ended with the run. */
export type Adopt = (child: ChildProcess, askFirst?: NodeJS.Signals) => void;

/** How long the pipes of a process that has ended may stay open. */
const pipesForMs = 2_000;

/** A process that we have started: its last lines, its end, and how it is ended. */
export class Child {
  readonly process: ChildProcess;
  readonly name: string;
  readonly identity: ProcessIdentity | undefined;
  /** What it has printed on standard output and error, as far as these are pipes. */
  readonly output: OutputTail;
  readonly ended: Promise<void>;
  /** Its end with its last lines: its pipes are closed, too. A daemon that it leaves may hold them for ever. */
  readonly closed: Promise<void>;
  /** It was ended because its time was over. */
  late = false;

  private constructor(child: ChildProcess, name: string, limitMs: number | undefined, cwd: string | undefined) {
    this.process = child;
    this.name = name;
    this.identity = identityOf(child.pid);
    this.output = new OutputTail(cwd);
    this.output.follow(child.stdout);
    this.output.follow(child.stderr);
    this.ended = new Promise((resolve) => child.once('exit', () => resolve()));
    this.closed = new Promise((resolve) => {
      child.once('close', () => resolve());
      child.once('exit', () => setTimeout(resolve, pipesForMs).unref());
    });
    child.on('error', () => {}); // From now on: a signal or a message that did not reach it. It has ended then.
    if (limitMs !== undefined) this.#endAfter(limitMs);
  }

  /**
   * @param adopt is called before anything else happens.
   * @throws {StartFailure} when it can't be started.
   */
  static async start(file: string, args: string[], options: ChildOptions, adopt: Adopt): Promise<Child> {
    const { askFirst, limitMs, ...rest } = options;
    const cwd = rest.cwd === undefined ? undefined : String(rest.cwd);
    let child: ChildProcess;
    try {
      child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], ...rest, detached: true, windowsHide: true });
    } catch (error) {
      throw startFailure(file, cwd, error as NodeJS.ErrnoException); // Of the rarer errors it throws at once.
    }
    // Without free file descriptors there are neither pipes nor a pid, and the reason comes as an event.
    if (child.pid === undefined) {
      const [error] = (await once(child, 'error').catch((thrown) => [thrown])) as [NodeJS.ErrnoException];
      throw startFailure(file, cwd, error);
    }
    try {
      adopt(child, askFirst);
    } catch (error) {
      child.on('error', () => {});
      child.kill('SIGKILL'); // One that is on no list would outlive us.
      throw error;
    }
    return new Child(child, file.split(/[\\/]/).at(-1) ?? file, limitMs, cwd);
  }

  get pid(): number {
    return this.process.pid ?? -1;
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** "exit code 1" or "signal SIGKILL". */
  ending(): string {
    const { signalCode, exitCode } = this.process;
    return signalCode ? `signal ${signalCode}` : `exit code ${exitCode}`;
  }

  /**
   * The first message that it sends (stdio `ipc`): that it is ready, and where.
   * @throws with its last lines when it ends before, or when it takes longer: then it is ended.
   */
  async ready<Message>(withinMs: number): Promise<Message> {
    const late = setTimeout(() => this.killAll(), withinMs);
    try {
      return await new Promise<Message>((resolve, reject) => {
        this.process.once('message', (message) => resolve(message as Message));
        void this.closed.then(() => reject(new Error(`${this.name} did not start: ${this.lastWords()}`)));
      });
    } finally {
      clearTimeout(late);
    }
  }

  /**
   * Looks until it is ready.
   * @returns what went wrong, or nothing.
   */
  async readyWhen(look: () => boolean | Promise<boolean>, withinMs: number): Promise<string | undefined> {
    for (const from = performance.now(); performance.now() - from < withinMs; await delay(10)) {
      if (this.hasEnded) {
        await Promise.race([this.closed, delay(500)]); // For the rest of its output.
        return `${this.name} ended at once (${this.ending()}): ${this.lastWords()}`;
      }
      if (await look()) return undefined;
    }
    return `${this.name} was not ready within ${withinMs / 1000} s: ${this.lastWords()}`;
  }

  /** The end of what it printed. */
  lastWords(): string {
    return this.output.lastBytes(4_000).trim();
  }

  /** Signals it alone. */
  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Ends it and all that came of it, at once. */
  killAll(): void {
    if (this.identity) killNow(treeOf(this.identity).map((row) => row.pid));
    else if (!this.hasEnded) this.process.kill('SIGKILL');
  }

  /** Signals its group: a wrapper script may stand before a server. */
  signalGroup(signal: NodeJS.Signals): void {
    if (!this.hasEnded) signalGroup(this.process, signal);
  }

  /** Signals it, and after `withinMs` ends all that came of it. Resolves once it is gone. */
  async stop(signal: NodeJS.Signals, withinMs: number, whom: 'it alone' | 'its group' = 'it alone'): Promise<void> {
    if (this.hasEnded) return;
    if (whom === 'its group') this.signalGroup(signal);
    else this.signal(signal);
    const force = setTimeout(() => this.killAll(), withinMs);
    await this.ended;
    clearTimeout(force);
  }

  #endAfter(limitMs: number): void {
    const limit = setTimeout(() => {
      this.late = true;
      this.killAll();
    }, limitMs);
    void this.closed.then(() => clearTimeout(limit));
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {} // It ended this very moment.
}
