import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { commandOf, parentOf, taggedProcesses } from '../../checks/harness/os/processes.ts';
import { learnersEnv, type WorkshopCopy } from './workshop-copy.ts';

// The path of node may have spaces in it.
export const startCommand = /node scripts.workshop\.js start/;

/** On a machine that other programs keep busy: SEAT_DEADLINE_MS=60000 npx vitest run start */
export const seenWithinMs = Number(process.env.SEAT_DEADLINE_MS ?? 15_000);

/** `npm start` on a terminal of its own, which `script` makes. */
export class Terminal implements AsyncDisposable {
  readonly #child;
  readonly #tag = Math.random().toString(36).slice(2);
  #output = '';
  #read = 0;

  constructor(copy: WorkshopCopy, ...args: string[]) {
    const command = [process.execPath, 'scripts/workshop.js', 'start', ...args].map((word) => `'${word}'`).join(' ');
    const shell = `stty cols 100 rows 40; ${command}; echo "exit $?"; stty -a`;
    // LANG is one of the few variables that apps inherit, so it carries the tag into them.
    const env = { ...learnersEnv(), TERM: 'xterm', SEAT_TEST: this.#tag, LANG: `C.${this.#tag}` };
    this.#child = spawn('script', ['-qfec', shell, '/dev/null'], { cwd: copy.dir, env, stdio: 'pipe' });
    this.#child.stdout.on('data', (data) => {
      this.#output += stripVTControlCharacters(String(data)).replaceAll('\r', '');
    });
  }

  press(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** Waits for text that has not been waited for yet, and returns it. */
  async sees(wanted: RegExp, deadlineMs = seenWithinMs): Promise<string> {
    for (const until = performance.now() + deadlineMs; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const found = wanted.exec(this.#output.slice(this.#read));
      if (found) {
        this.#read += found.index + found[0].length;
        return found[0];
      }
      if (performance.now() > until)
        throw new Error(`${wanted} was not seen in ${deadlineMs} ms, but:\n${this.#output.slice(this.#read)}`);
    }
  }

  /** How often something has been printed so far. */
  count(what: RegExp): number {
    return this.#output.match(new RegExp(what, 'g'))?.length ?? 0;
  }

  /** What it has printed last. */
  get lastLine(): string {
    return this.#output.slice(this.#output.lastIndexOf('\n') + 1);
  }

  /** Pids of the processes behind the terminal whose command line fits. */
  processes(command = /./): number[] {
    const tags = [`SEAT_TEST=${this.#tag}`, `LANG=C.${this.#tag}`];
    const pids = new Set(tags.flatMap((tag) => taggedProcesses(tag).map((row) => row.pid)));
    pids.delete(this.#child.pid ?? 0);
    return [...pids].filter((pid) => command.test(commandOf(pid)));
  }

  /** Pids of the checks that `npm start` runs right now. What a check has forked looks like it for a moment. */
  checks(): number[] {
    const [start] = this.processes(startCommand);
    return this.processes(/workshop\.js check/).filter((pid) => parentOf(pid) === start);
  }

  async closed(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    this.#child.kill('SIGHUP');
    await this.closed();
  }
}
