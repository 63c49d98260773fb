import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { OutputTail } from './output-tail.ts';
import { accepts, freePort } from './ports.ts';
import { killNow, listeningPorts, type ProcessRow, processTable, processTree, threadCpuMs } from './processes.ts';
import type { Run } from './run.ts';
import { BehaviourFailure, type Failure } from './verdict.ts';

/** A slow laptop that scans every file for viruses still gets its app up within this. */
export const startDeadlineMs = 20_000;
/** How long an app without open requests may take to end after SIGTERM. */
export const stopDeadlineMs = 5_000;

export interface AppOptions {
  run: Run;
  /** The lesson's folder: `node src/server.ts` is run in it. */
  dir: string;
  /** Environment besides PATH, HOME and PORT. */
  env: Record<string, string>;
  /** What it is called in a verdict: "instance 1". */
  name: string;
  /** A command that is put before node's and becomes it: `taskset -c 0`. */
  under?: readonly string[];
  /** Draws its port. */
  drawPort?: () => Promise<number>;
}

/** Ports that somebody else may take before an app gets hold of its own. */
const mostPorts = 3;

/** One process of a learner's app, known only by its command, environment, HTTP and signals. */
export class AppProcess implements AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** The loopback address that it listens on: an app may bind to IPv4, IPv6 or both. */
  host = '127.0.0.1';
  readonly output = new OutputTail();
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  /** Set once we end it ourselves, so that a later exit is not taken for a crash. */
  #stopping = false;

  private constructor(child: ChildProcess, port: number, name: string) {
    this.name = name;
    this.port = port;
    this.#child = child;
    this.output.follow(child.stdout);
    this.output.follow(child.stderr);
    this.#exited = once(child, 'exit').then(() => {});
  }

  /**
   * Starts `node src/server.ts` and waits until it listens on its port.
   * @throws {BehaviourFailure} exited-early, wrong-port or never-listened, with the app's last lines.
   */
  static async start(options: AppOptions): Promise<AppProcess> {
    for (let ports = 1; ; ports++) {
      const app = await AppProcess.#startOnce(options);
      if (app) return app;
      // Three times in a row is no accident: whoever it is belongs to the app, in a way that we can't see.
      if (ports === mostPorts) return (await AppProcess.#startOnce(options, 'whoever listens')) as AppProcess;
    }
  }

  /** Undefined when somebody else listens on the port that was drawn for the app. */
  static async #startOnce(
    { run, dir, env, name, under = [], drawPort = freePort }: AppOptions,
    trust?: 'whoever listens',
  ): Promise<AppProcess | undefined> {
    const port = await drawPort();
    const [command = process.execPath, ...args] = [...under, process.execPath, 'src/server.ts'];
    const child = spawn(command, args, {
      cwd: dir,
      detached: true, // The leader of its own process group, so that the whole group can be ended.
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...inheritedEnv(), ...run.env, ...env, PORT: String(port) },
    });
    run.adopt(child);
    const app = new AppProcess(child, port, name);
    try {
      await app.#listening();
      if (trust || app.#ownsItsPort()) return app;
    } catch (error) {
      await app.kill();
      if (trust || !(await accepts(port))) throw error;
    }
    await app.kill();
    return undefined;
  }

  /** Whether a process of the app listens on its port. Only Linux tells; elsewhere it is taken for granted. */
  #ownsItsPort(): boolean {
    return listeningPorts(this.tree())?.includes(this.port) ?? true;
  }

  async #listening(): Promise<void> {
    const deadline = performance.now() + startDeadlineMs;
    while (!this.exited) {
      for (this.host of ['127.0.0.1', '::1']) if (await accepts(this.port, this.host)) return;
      if (performance.now() > deadline) throw this.#neverListened();
      await delay(25);
    }
    await this.#drained();
    throw new BehaviourFailure({
      kind: 'exited-early',
      trail: ['node src/server.ts'],
      expected: 'to listen on PORT',
      seen: `it ended with ${this.ending()} before it listened`,
      because: 'The app ended while it was starting. Its own last lines say why.',
      lookAt: 'the error below; node src/server.ts in the lesson folder shows the same',
      appOutput: this.output.crashLines(12),
    });
  }

  #neverListened(): BehaviourFailure {
    const others = listeningPorts(this.tree())?.filter((port) => port !== this.port) ?? [];
    const wrongPort = others.length > 0;
    return new BehaviourFailure({
      kind: wrongPort ? 'wrong-port' : 'never-listened',
      trail: [`PORT=${this.port} node src/server.ts`],
      expected: `to listen on port ${this.port}`,
      seen: wrongPort
        ? `it listens on ${others.join(', ')}`
        : `nothing listens after ${startDeadlineMs / 1000} s, and the app still runs`,
      because: wrongPort
        ? 'The app listens on a port of its own choice. Whoever starts it chooses the port, in the variable PORT.'
        : 'The app runs but never listens, so nobody can reach it.',
      lookAt: 'where does src/server.ts call listen, and with which port?',
      appOutput: this.output.lastLines(),
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get url(): string {
    return `http://${this.host === '::1' ? '[::1]' : this.host}:${this.port}`;
  }

  get exited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Ended although nobody asked it to. */
  get crashed(): boolean {
    return this.exited && !this.#stopping;
  }

  /** "exit code 1" or "signal SIGKILL". */
  ending(): string {
    return this.#child.signalCode ? `signal ${this.#child.signalCode}` : `exit code ${this.#child.exitCode}`;
  }

  lastLines(count?: number): string[] {
    return this.output.lastLines(count);
  }

  tree() {
    return processTree(this.pid);
  }

  /** CPU milliseconds that the whole process tree has used. */
  cpuMs(): number {
    const threads = threadCpuMs(this.tree());
    if (threads) return [...threads.values()].reduce((sum, ms) => sum + ms, 0);
    return this.tree().reduce((sum, row) => sum + row.cpuMs, 0);
  }

  /** CPU milliseconds by "pid/tid" over the whole tree; undefined where only Linux can tell. */
  threadCpu(): Map<string, number> | undefined {
    return threadCpuMs(this.tree());
  }

  /** Sends a signal to the app itself, as a supervisor would. An exit that follows is no crash. */
  signal(signal: NodeJS.Signals): void {
    this.#stopping = true;
    this.#child.kill(signal);
  }

  /** Resolves once it has exited; false when it has not by then. */
  async exitedWithin(deadlineMs: number): Promise<boolean> {
    const late = new AbortController();
    const timer = delay(deadlineMs, undefined, { signal: late.signal }).catch(() => {});
    await Promise.race([this.#exited, timer]);
    late.abort();
    return this.exited;
  }

  /**
   * SIGTERM, then SIGKILL for whoever is left.
   * @returns what was wrong with the way it stopped, or undefined.
   */
  async stop({ deadlineMs = stopDeadlineMs } = {}): Promise<Failure | undefined> {
    if (this.exited) return this.kill();
    const family = this.tree();
    this.signal('SIGTERM');
    const obeyed = await this.exitedWithin(deadlineMs);
    // A child that has left the group is no longer in the tree once its parent is dead, so all that were seen are looked for.
    const orphans = obeyed ? stillAlive(family).filter((row) => row.pid !== this.pid) : [];
    await this.kill();
    killNow(stillAlive(family).map((row) => row.pid));
    if (!obeyed) {
      return {
        kind: 'ignored-sigterm',
        trail: [`SIGTERM to ${this.name}`],
        expected: `to exit within ${deadlineMs / 1000} s`,
        seen: 'it still ran, and was ended with SIGKILL',
        because: 'A deploy sends SIGTERM and waits. An app that does not exit is killed, with whatever it was doing.',
        lookAt: 'what does the app do on SIGTERM, and what keeps its event loop alive afterwards?',
        appOutput: this.lastLines(),
      };
    }
    if (orphans.length === 0) return undefined;
    return {
      kind: 'left-children',
      trail: [`SIGTERM to ${this.name}`],
      expected: 'no process of the app to be left',
      seen: `${orphans.length} of its child processes still ran`,
      because: 'The app exited before its children. Nobody stops them now, and they keep memory and ports.',
      lookAt: 'who ends the child processes when the app gets SIGTERM?',
      appOutput: this.lastLines(),
    };
  }

  /** Ends the whole tree at once and waits until it is gone. */
  async kill(): Promise<undefined> {
    this.#stopping = true;
    for (let attempt = 0; attempt < 200; attempt++) {
      const alive = this.tree();
      if (alive.length === 0) break;
      killNow(alive.map((row) => row.pid));
      await delay(5);
    }
    if (process.platform === 'win32' && !this.exited) killNow([this.pid]);
    await this.exitedWithin(2_000);
    return undefined;
  }

  /** The pipes close a moment after the exit; the reason for it is often in their last bytes. */
  async #drained(): Promise<void> {
    const streams = [this.#child.stdout, this.#child.stderr].filter((stream) => stream && !stream.closed);
    await Promise.race([Promise.all(streams.map((stream) => stream && once(stream, 'close'))), delay(500)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Those of the rows that have not ended since. */
export function stillAlive(rows: ProcessRow[]): ProcessRow[] {
  const now = new Map(processTable().map((row) => [row.pid, row]));
  return rows.filter(
    ({ pid, startTicks }) => now.has(pid) && now.get(pid)?.startTicks === startTicks && !now.get(pid)?.zombie,
  );
}

/** What an app may know of the machine. The learner's own PORT, REDIS_URL and NODE_OPTIONS must not leak in. */
export function inheritedEnv(): Record<string, string> {
  const names = [
    'PATH',
    'HOME',
    'USER',
    'LANG',
    'LC_ALL',
    'TZ',
    'TMPDIR',
    'TEMP',
    'TMP',
    'SystemRoot',
    'WEB_CONCURRENCY',
  ];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
