import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuMsOf, threadCpuMs } from '../measure/cpu-time.ts';
import type { Failure } from '../model/verdict.ts';
import type { Child } from '../os/child.ts';
import { descendantsOf } from '../os/descendants.ts';
import type { OutputTail } from '../os/output-tail.ts';
import { PrintedLines } from '../os/printed-lines.ts';
import { commandOf, killNow, lateTable, type ProcessRow, stillAlive, treeOf } from '../os/processes.ts';
import { ignoredSigterm, leftChildren } from './failures.ts';
import { type Strays, stillAliveAfterGrace } from './strays.ts';

/** How long an app without open requests may take to end after SIGTERM. */
const stopDeadlineMs = 5_000;
/** For so long after it has begun to listen an app may answer 503 because it is not ready yet. */
const readyWithinMs = 1_000;
/** How long an app that waited for its clients may take to end when they have hung up. */
const hungUpWithinMs = 3_000;
/** How long a process tree may take to be gone after SIGKILL. */
const killedWithinMs = 1_000;

interface StopOptions {
  deadlineMs?: number;
  late?: { hangUp(): void; failure(): Failure };
}

/** One process of a learner's app, known only by its command, environment, HTTP and signals. */
export class AppProcess implements AsyncDisposable {
  readonly name: string;
  /** What has started it, as somebody would type it in its folder: "node src/server.ts". */
  readonly command: string;
  readonly port: number;
  /** The loopback address that it listens on: an app may bind to IPv4, IPv6 or both. */
  host = '127.0.0.1';
  /** From its start until it listened: what a start takes on this machine at this moment. */
  startedInMs = 0;
  /** performance.now() when it began to listen. */
  listensSince = Number.NaN;
  /** The end of what it prints, for whoever explains a failure. */
  readonly output: OutputTail;
  /** All that it prints, apart by stream, for a check that reads its log. */
  readonly stdout = new PrintedLines();
  readonly stderr = new PrintedLines();
  readonly #child: Child;
  readonly #strays: Strays | undefined;
  readonly #since = performance.now();
  #ready = false;
  /** Set once we end it ourselves, so that a later exit is not taken for a crash. */
  #stopping = false;

  /** @param child may not listen yet. */
  constructor(child: Child, port: number, name: string, command: string, strays?: Strays) {
    this.#strays = strays;
    this.name = name;
    this.command = command;
    this.port = port;
    this.#child = child;
    this.output = child.output;
    this.stdout.follow(child.process.stdout);
    this.stderr.follow(child.process.stderr);
  }

  /** It has just begun to listen, and has only answered 503 since. */
  get mayBeUnready(): boolean {
    return !this.#ready && performance.now() - this.listensSince < readyWithinMs;
  }

  isReady(): void {
    this.#ready = true;
  }

  /** Resolves when a 503 can no longer mean that it is not ready yet. */
  async pastStart(): Promise<void> {
    const leftMs = this.listensSince + readyWithinMs - performance.now();
    if (!this.#ready && leftMs > 0) await delay(leftMs);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get url(): string {
    return `http://${this.host === '::1' ? '[::1]' : this.host}:${this.port}`;
  }

  get exited(): boolean {
    return this.#child.hasEnded;
  }

  get exitCode(): number | null {
    return this.#child.process.exitCode;
  }

  /** Ended although nobody asked it to. */
  get crashed(): boolean {
    return this.exited && !this.#stopping;
  }

  /** Has ended, or was told to and may still be on its way: of no use to the next behaviour. */
  get spent(): boolean {
    return this.exited || this.#stopping;
  }

  /** "exit code 1" or "signal SIGKILL". */
  ending(): string {
    return this.#child.ending();
  }

  lastLines(count?: number): string[] {
    return this.output.lastLines(count);
  }

  /**
   * It and all that came of it. Once it has ended, its number may be somebody else's, who is none of them.
   * @param maxAgeMs how old the look at all processes may be that this is taken from: behaviours look every 20 ms, several at
   * a time. It is never older than the app.
   */
  tree(maxAgeMs = 10): ProcessRow[] {
    const { identity } = this.#child;
    return identity ? treeOf(identity, lateTable(Math.max(this.#since, performance.now() - maxAgeMs))) : [];
  }

  /** What it has started and what came of that, as seen now. Cheap: for whoever looks every few milliseconds. */
  descendants(): ProcessRow[] {
    const { identity } = this.#child;
    return identity ? descendantsOf(identity, () => lateTable(performance.now() - 10)) : [];
  }

  /** CPU milliseconds that the whole process tree has used, ended threads and children included, in steps of 10. */
  cpuMs(): number {
    return cpuMsOf(this.tree(0));
  }

  /** CPU milliseconds by "pid/tid" over the whole tree; undefined where only Linux can tell. */
  threadCpu(): Map<string, number> | undefined {
    return threadCpuMs(this.tree(0));
  }

  /** Sends a signal to the app itself, as a supervisor would. An exit that follows is no crash. */
  signal(signal: NodeJS.Signals): void {
    this.#stopping = true;
    this.#child.signal(signal);
  }

  /** Resolves once it has exited; false when it has not by then. */
  async exitedWithin(deadlineMs: number): Promise<boolean> {
    const late = new AbortController();
    const timer = delay(deadlineMs, undefined, { signal: late.signal }).catch(() => {});
    await Promise.race([this.#child.ended, timer]);
    late.abort();
    return this.exited;
  }

  /**
   * SIGTERM, then SIGKILL for whoever is left.
   * @param late what is said of an app that ends once clients have hung up, and not before.
   * @returns what was wrong with the way it stopped, or undefined.
   */
  async stop({ deadlineMs = stopDeadlineMs, late }: StopOptions = {}): Promise<Failure | undefined> {
    if (this.exited) return this.kill();
    const family = this.tree(0);
    this.signal('SIGTERM');
    const obeyed = await this.exitedWithin(deadlineMs);
    late?.hangUp();
    const waited = !obeyed && late && (await this.exitedWithin(hungUpWithinMs));
    // A child that has left the group is no longer in the tree once its parent is dead, so all that were seen are looked for.
    const inTree = obeyed ? await stillAliveAfterGrace(family.filter((row) => row.pid !== this.pid)) : [];
    const strays = (obeyed && (await this.#strays?.left())) || [];
    const orphans = [...inTree, ...strays.filter((stray) => !inTree.some(({ pid }) => pid === stray.pid))];
    const failure =
      orphans.length > 0
        ? leftChildren(
            this,
            orphans.map(({ pid }) => commandOf(pid)),
          )
        : undefined;
    await this.kill();
    killNow(stillAlive([...family, ...strays]).map((row) => row.pid));
    if (waited) return late.failure();
    if (!obeyed) return ignoredSigterm(this, deadlineMs);
    return failure;
  }

  /** Ends the whole tree at once and waits until it is gone. */
  async kill(): Promise<undefined> {
    this.#stopping = true;
    for (const from = performance.now(); performance.now() - from < killedWithinMs; ) {
      const alive = this.tree(0);
      if (alive.length === 0) break;
      killNow(alive.map((row) => row.pid));
      // To look at these is cheaper than to look at all of them. Then others may have come of them meanwhile.
      for (let looks = 0; looks < 20 && stillAlive(alive).length > 0; looks++) await delay(5);
    }
    if (process.platform === 'win32' && !this.exited) killNow([this.pid]);
    await this.exitedWithin(2_000);
    this.#strays?.excuse();
    return undefined;
  }

  /** The pipes close a moment after the exit; the reason for it is often in their last bytes. */
  async drained(): Promise<void> {
    const { stdout, stderr } = this.#child.process;
    const streams = [stdout, stderr].filter((stream) => stream && !stream.closed);
    await Promise.race([Promise.all(streams.map((stream) => stream && once(stream, 'close'))), delay(500)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
