import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { log } from './log.ts';

const size = Number(process.env.WEB_CONCURRENCY) || availableParallelism();
const drainTimeoutMs = Number(process.env.DRAIN_TIMEOUT_MS ?? 10_000);

/** Keeps as many children as wanted. `launch` starts one and calls `serving` when it does. */
export class Supervisor {
  readonly children = new Set<ChildProcess>();
  readonly #since = new Map<ChildProcess, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #launch: (serving: () => void) => ChildProcess;
  readonly #gone: (child: ChildProcess) => void;
  #failures = 0;
  stopping = false;

  constructor(launch: (serving: () => void) => ChildProcess, gone: (child: ChildProcess) => void = () => {}) {
    this.#launch = launch;
    this.#gone = gone;
  }

  start() {
    for (let i = 0; i < size; i++) this.#one();
  }

  #one() {
    const child: ChildProcess = this.#launch(() => {
      if (this.children.has(child)) this.#since.set(child, performance.now());
    });
    this.children.add(child);
    child.on('error', (error) => log(`child: ${error.message}`));
    child.on('exit', (code, signal) => this.#ended(child, code, signal));
  }

  #ended(child: ChildProcess, code: number | null, signal: string | null) {
    const since = this.#since.get(child);
    this.#since.delete(child);
    this.children.delete(child);
    this.#gone(child);
    if (this.stopping) {
      if (this.children.size === 0) process.exit(0);
      return;
    }
    log(`child ${child.pid} is gone (${signal ?? code})`);
    if (since !== undefined && performance.now() - since >= 1_000) {
      this.#failures = 0;
      this.#one();
      return;
    }
    this.#failures++;
    if (this.#failures >= 7 && this.#since.size === 0) {
      log('nobody serves and nobody starts: giving up');
      process.exit(70);
    }
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        this.#one();
      },
      Math.min(200 * 2 ** this.#failures, 2_500),
    );
    this.#timers.add(timer);
  }

  stop() {
    if (this.stopping) return;
    this.stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const child of this.children) child.kill('SIGTERM');
    setTimeout(() => {
      for (const child of this.children) child.kill('SIGKILL');
    }, drainTimeoutMs);
    if (this.children.size === 0) process.exit(0);
  }
}
