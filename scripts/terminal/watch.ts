import { join } from 'node:path';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import { isPassed } from '../learner/progress.ts';
import { readProgress, updateProgress } from '../learner/progress-file.ts';
import { OneAtATime } from '../running/one-at-a-time.ts';
import { signalExitCodes, watchParents } from '../running/session.ts';
import { watchSources } from '../running/source-watcher.ts';
import { watchedCheck } from '../running/watched.ts';
import { Footer } from './footer.ts';
import { readKeys } from './keys.ts';
import { Question } from './question.ts';
import { introduction, lessonLines } from './status.ts';
import { bold, dim } from './style.ts';

const keyLine = ['c check', 'l load', 'f further', 'h hint', 'd diff', 'n next', 'p list', 'r reset', 'q quit']
  .map((key) => `${bold(key.charAt(0))} ${key.slice(2)}`)
  .join('   ');

/** The watch mode of one lesson at a time: checks it on every save, and does what the keys say. */
export class LessonWatch {
  readonly #lessons: readonly Lesson[];
  readonly #footer = new Footer(`  ${keyLine}`);
  readonly #jobs: OneAtATime;
  #lesson: Lesson;
  #watching = new AbortController();
  readonly #question = new Question(() => this.#status(''));
  #lastVerdict = '';
  #quit!: (exitCode: number) => void;

  constructor(lessons: readonly Lesson[], lesson: Lesson) {
    this.#lessons = lessons;
    this.#lesson = lesson;
    const colours = process.stdout.hasColors?.() ? { FORCE_COLOR: '1' } : {};
    const env = { ...process.env, ...colours, COLUMNS: String(process.stdout.columns || ''), [watchedCheck]: '1' };
    this.#jobs = new OneAtATime(env, this.#footer.print);
  }

  /** @returns the exit code, once the learner has quit. */
  async run(): Promise<number> {
    const quit = new Promise<number>((resolve) => {
      this.#quit = resolve;
    });
    for (const [signal, code] of Object.entries(signalExitCodes)) process.once(signal, () => this.#quit(code));
    void watchParents().then(() => this.#quit(1));
    const release = readKeys((key) => this.#press(key));
    try {
      this.#watch();
      this.#check('');
      return await quit;
    } finally {
      this.#watching.abort();
      release();
      this.#status('ending');
      await this.#jobs.stop();
      this.#footer.hide();
    }
  }

  #press(key: string): void {
    if (key === 'quit' || key === 'q') this.#quit(0);
    else if (!this.#question.press(key)) this.#act(key);
  }

  #act(key: string): void {
    const { number } = this.#lesson;
    const actions: Record<string, () => void> = {
      c: () => this.#check(''),
      l: () => this.#check('', 'with load'),
      f: () => this.#check('', 'further'),
      h: () => this.#show(['hint', String(number)], 'patiently'),
      d: () => void this.#diff(),
      n: () => void this.#next(),
      p: () => void this.#list(),
      r: () => this.#ask('Put the starter back? Your version is kept.', () => this.#show(['reset', String(number)])),
    };
    actions[key]?.();
  }

  /** Checks the lesson: its behaviours, and its load run or what goes further if asked for. */
  #check(why: string, more?: 'with load' | 'further'): void {
    const whats = { 'with load': 'checking, load included', further: 'checking, and what goes further' };
    const what = more ? whats[more] : 'checking';
    const startedAt = performance.now();
    let ticking: NodeJS.Timeout | undefined;
    void this.#jobs.start({
      args: [
        'check',
        String(this.#lesson.number),
        ...(more === 'with load' ? [] : ['--no-load']),
        ...(more === 'further' ? ['--further'] : []),
      ],
      begin: () => {
        this.#footer.print(dim(`\n${'─'.repeat(40)}${why ? ` ${why}` : ''}`));
        const tick = () => this.#status(`${what} … ${Math.round((performance.now() - startedAt) / 1_000)} s`);
        ticking = setInterval(tick, 1_000);
        tick();
      },
      end: (exitCode) => {
        clearInterval(ticking);
        if (exitCode === undefined) {
          this.#footer.print(dim('  … stopped'));
          this.#idle();
          return;
        }
        this.#lastVerdict =
          [more === 'with load' ? 'pass' : 'every behaviour holds', 'fail'][exitCode] ?? 'inconclusive';
        this.#idle();
      },
    });
  }

  /** Runs a command that ends by itself, such as `hint`. */
  #show(args: string[], when: 'now' | 'patiently' = 'now'): void {
    void this.#jobs.start({ args, begin: () => this.#footer.print(''), end: () => this.#idle() }, when);
  }

  async #diff(): Promise<void> {
    const show = () => this.#show(['diff', String(this.#lesson.number), '--yes'], 'patiently');
    if (isPassed(await readProgress(), this.#lesson.folder)) show();
    else this.#ask('Not passed yet, and a hint shows less. Show our solution all the same?', show);
  }

  async #next(): Promise<void> {
    const next = this.#lessons[this.#lessons.indexOf(this.#lesson) + 1];
    if (next) await this.#goTo(next);
    else this.#footer.print('\n  This is the last lesson. p lists them all.');
  }

  async #list(): Promise<void> {
    for (const line of ['', ...lessonLines(this.#lessons, await readProgress(), this.#lesson)])
      this.#footer.print(line);
    this.#question.number('Which one? Its number, then Enter; Esc stays here: ', (typed) => {
      const chosen = this.#lessons.find((l) => String(l.number) === typed);
      if (chosen) return void this.#goTo(chosen);
      if (typed) this.#footer.print(`  There is no lesson ${typed}.`);
      this.#idle();
    });
  }

  async #goTo(lesson: Lesson): Promise<void> {
    const progress = await updateProgress((before) => ({ ...before, current: lesson.folder }));
    this.#lesson = lesson;
    this.#lastVerdict = '';
    this.#watch();
    for (const line of ['', ...introduction(lesson, isPassed(progress, lesson.folder))]) this.#footer.print(line);
    this.#check('');
  }

  #watch(): void {
    this.#watching.abort();
    this.#watching = new AbortController();
    const dir = join(repoDir, 'lessons', this.#lesson.folder);
    void watchSources(dir, (file) => this.#check(`saved: ${file}`), this.#watching.signal);
  }

  #ask(question: string, yes: () => void): void {
    this.#question.yesOrNo(question, yes, () => this.#idle());
  }

  #idle(): void {
    const last = this.#lastVerdict && `, last: ${this.#lastVerdict}`;
    this.#status(`watching lessons/${this.#lesson.folder}/src${last}. Save a file, or press a key.`);
  }

  #status(text: string): void {
    this.#footer.status(`  ${this.#question.text || text}`);
  }
}
