import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, renameSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { mainThread, mainThreadSince } from './main-thread.ts';
import { type Credentials, hashCostMs } from './steps.ts';

/** A named pipe in a file's place. Whoever opens it waits until it is let go, as on a disk that does not answer. */
export class SlowFile {
  readonly #path: string;
  #fd: number | undefined;
  #text = '';
  #closed = false;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Replaces what is there in one step. Undefined where there are no named pipes. */
  static make(path: string): SlowFile | undefined {
    try {
      execFileSync('mkfifo', [`${path}.pipe`], { stdio: 'ignore' });
    } catch {
      return undefined;
    }
    renameSync(`${path}.pipe`, path);
    return new SlowFile(path);
  }

  /** Whoever waits goes on, and whoever comes later does not wait. */
  letGo(): void {
    this.#fd ??= openSync(this.#path, constants.O_RDWR | constants.O_NONBLOCK);
  }

  /** What has been written so far. */
  text(): string {
    if (this.#fd === undefined) return this.#text;
    const buffer = Buffer.alloc(65_536);
    try {
      this.#text += buffer.toString('utf8', 0, readSync(this.#fd, buffer));
    } catch {} // Nothing more for now.
    return this.#text;
  }

  /** Readers get to the end of the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.letGo();
    await delay(20); // Until those who waited have it open.
    this.text();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/**
 * Waits until the app has done its hashes and stands still: it waits for the disk now. Or until `isOver`.
 *
 * @param options.giveUpMs of standing still without the hashes: an app may do none, or fewer at a time.
 */
export async function standsStill(
  app: Instance,
  isOver: () => boolean,
  { hashes = 1, giveUpMs = 1_000 } = {},
): Promise<void> {
  const from = app.cpuMs();
  let last = from;
  let since = performance.now();
  while (!isOver()) {
    await delay(20);
    const now = app.cpuMs();
    if (Math.abs(now - last) > 10) {
      last = now;
      since = performance.now();
    }
    const stillMs = performance.now() - since;
    if (stillMs > (now - from > (hashes - 0.2) * hashCostMs() ? 200 : giveUpMs)) return;
  }
}

/** Whether the app answers a log-in, whatever it says. An app that stands still for two seconds will not. */
export async function answersLogIn(t: Stage, at: Instance, customer: Credentials): Promise<boolean> {
  const leave = new AbortController();
  let answered = false;
  const asked = t
    .visitor({ at })
    .post('/login', customer, { deadlineMs: 20_000, signal: leave.signal })
    .then(
      () => {
        answered = true;
      },
      () => {}, // No answer; the caller says so.
    );
  await standsStill(at, () => answered, { hashes: Number.POSITIVE_INFINITY, giveUpMs: 2_000 });
  leave.abort();
  await asked;
  return answered;
}

/** Whether the app answers a health check. A thread that neither works nor waits for a core is stuck. */
export async function answersHealth(t: Stage, at: Instance): Promise<boolean> {
  const leave = new AbortController();
  let answered = false;
  const before = mainThread(at);
  const startedAt = performance.now();
  const asked = t
    .visitor({ at })
    .get('/health', { deadlineMs: 10_000, signal: leave.signal })
    .then(
      ({ status }) => {
        answered = status === 200;
      },
      () => {}, // No answer; the caller says so.
    );
  const isStuck = () => {
    const waitedMs = performance.now() - startedAt;
    const since = mainThreadSince(at, before);
    if (!since) return waitedMs > 4_000;
    return waitedMs > 9_000 || (waitedMs > 1_000 && since.cpuMs + since.waitedMs < 200);
  };
  while (!answered && !isStuck()) await delay(20);
  leave.abort();
  await asked;
  return answered;
}
