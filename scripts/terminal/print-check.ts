import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { BehaviourResult, CheckResult, LoadResult } from '../../checks/harness/model/result.ts';
import type { CheckWatcher } from '../running/run-check.ts';
import { behaviourLines, endLines, loadLines } from './check-lines.ts';
import { bold, cyan, dim, duration, wrap, yellow } from './style.ts';

/** Stands before each line that an app prints, so that it is told apart from the verdict. */
export const appMark = (from: string): string => cyan(`  ${from} │ `);

/** Shows a check while it runs: a line for each behaviour, and on a terminal what is being done right now. */
export class CheckPrinter implements CheckWatcher {
  readonly #lesson: Lesson;
  readonly #startedAt = performance.now();
  readonly #live = Boolean(process.stdout.isTTY) && process.env.TERM !== 'dumb';
  #furtherBegun = false;
  #status = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(lesson: Lesson) {
    this.#lesson = lesson;
  }

  /**
   * The first lines, before anything slow.
   * @param subject what is judged: the path of an app, or a wrong turn.
   */
  begin(subject: string, notes: readonly string[] = []): void {
    console.log(bold(`lesson ${this.#lesson.number} · ${this.#lesson.title}`));
    for (const note of [`checking ${subject}`, ...notes]) for (const line of wrap(note, '')) console.log(dim(line));
    console.log();
    this.#status = 'starting the app';
    if (!this.#live) return;
    this.#timer = setInterval(() => this.#drawStatus(), 200);
    this.#timer.unref();
    this.#drawStatus();
  }

  services(services: Record<string, string>): void {
    for (const [name, label] of Object.entries(services)) this.#print(dim(`  ${name}: ${label}`));
  }

  doing(text: string): void {
    // Without a terminal only what takes long is worth a line of its own.
    if (!this.#live && /once more|download|unpack/i.test(text)) console.log(`  … ${text}`);
    this.#status = text;
  }

  output(from: string, line: string): void {
    this.#print(`${appMark(from)}${line}`);
  }

  behaviour(result: BehaviourResult): void {
    if (result.outcome === 'not-run') return;
    for (const line of behaviourLines(result)) this.#print(line);
  }

  further(result: BehaviourResult): void {
    if (result.outcome === 'not-run') return;
    if (!this.#furtherBegun) this.#print(bold('\n  further, beyond the core'));
    this.#furtherBegun = true;
    this.behaviour(result);
  }

  load(result: LoadResult): void {
    for (const line of loadLines(result)) this.#print(line);
  }

  /** @param picture lines about the load run, above the summary. */
  end(result: CheckResult, next: string[], picture: string[] = []): void {
    this.#clearStatus();
    clearInterval(this.#timer);
    for (const note of result.notes) for (const line of wrap(`note: ${note}`, '  ')) console.log(yellow(line));
    for (const line of picture) console.log(line);
    console.log();
    for (const line of endLines(result, duration(performance.now() - this.#startedAt), next)) console.log(line);
  }

  #print(line: string): void {
    this.#clearStatus();
    console.log(line);
  }

  #drawStatus(): void {
    this.#clearStatus();
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(0);
    process.stdout.write(dim(`  … ${this.#status} (${seconds} s)`.slice(0, (process.stdout.columns ?? 80) - 1)));
  }

  #clearStatus(): void {
    if (this.#live) process.stdout.write('\r\u001b[K');
  }
}
