import { join, relative } from 'node:path';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import { keptPath, keptVersions } from '../learner/kept.ts';
import { editedFolder } from '../learner/lesson-list.ts';
import { isPassed } from '../learner/progress.ts';
import { readProgress, updateProgress } from '../learner/progress-file.ts';
import { OneAtATime } from '../running/one-at-a-time.ts';
import { signalExitCodes, watchParents } from '../running/session.ts';
import { watchSources } from '../running/source-watcher.ts';
import { watchedCheck } from '../running/watched.ts';
import { Footer } from './footer.ts';
import { HeldLines } from './held-lines.ts';
import { keyLine } from './key-line.ts';
import { Keyboard } from './keyboard.ts';
import { kindOfCheck, type More } from './kind-of-check.ts';
import { Question } from './question.ts';
import { introduction, lessonLines } from './status.ts';
import { dim } from './style.ts';

/** A check that a save ends sooner than this has shown nothing: a storm of saves prints one header. */
const headerAfterMs = 600;

/** The watch mode of one lesson at a time: checks it on every save, and does what the keys say. */
export class LessonWatch {
  readonly #lessons: readonly Lesson[];
  readonly #footer = new Footer(keyLine);
  readonly #lines = new HeldLines((line) => this.#footer.print(line));
  readonly #keyboard = new Keyboard({ key: (key) => this.#press(key), burst: (keys) => this.#pressAll(keys) });
  readonly #jobs: OneAtATime;
  #lesson: Lesson;
  #watching = new AbortController();
  readonly #question = new Question(() => this.#status(''));
  #lastVerdict = '';
  #withOutput = false;
  #checking = false;
  #quit!: (exitCode: number) => void;

  constructor(lessons: readonly Lesson[], lesson: Lesson) {
    this.#lessons = lessons;
    this.#lesson = lesson;
    const colours = process.stdout.hasColors?.() ? { FORCE_COLOR: '1' } : {};
    const width = () => String(process.stdout.columns || ''); // Of the moment: a window may be made narrower.
    this.#jobs = new OneAtATime(
      () => ({ ...process.env, ...colours, COLUMNS: width(), [watchedCheck]: '1' }),
      (line) => this.#lines.print(line),
    );
  }

  /** @returns the exit code, once the learner has quit. */
  async run(): Promise<number> {
    const quit = new Promise<number>((resolve) => {
      this.#quit = resolve;
    });
    for (const [signal, code] of Object.entries(signalExitCodes)) process.once(signal, () => this.#quit(code));
    void watchParents().then(() => this.#quit(1));
    this.#keyboard.listen();
    try {
      this.#watch();
      this.#check('');
      return await quit;
    } finally {
      this.#watching.abort();
      this.#keyboard.release();
      this.#status('ending');
      await this.#jobs.stop();
      this.#footer.hide();
    }
  }

  /** Ctrl-Z. What runs is stopped: a check that rests in the middle would judge wrongly. */
  async #suspend(): Promise<void> {
    if (process.platform === 'win32') return;
    const checkAgain = this.#jobs.busy;
    await this.#jobs.stop();
    this.#footer.hide();
    await this.#keyboard.suspend();
    if (checkAgain) this.#check('');
    else this.#idle();
  }

  #press(key: string): void {
    if (key === 'suspend') void this.#suspend();
    else if (key === 'quit' || (key === 'q' && !this.#question.takesText)) this.#quit(0);
    else if (!this.#question.press(key)) this.#act(key);
  }

  #pressAll(keys: string[]): void {
    if (!this.#question.burst(keys)) this.#status('Several keys at once, such as pasted text, are ignored. Press one.');
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
      o: () => this.#toggleOutput(),
      r: () => this.#askForReset(),
    };
    actions[key]?.();
  }

  /** Checks the lesson: its behaviours, and its load run or what goes further if asked for. */
  #check(why: string, more?: More): void {
    const { flags, doing, verdict } = kindOfCheck(more);
    const startedAt = performance.now();
    let ticking: NodeJS.Timeout | undefined;
    void this.#jobs.start({
      args: ['check', String(this.#lesson.number), ...flags, ...(this.#withOutput ? ['--output'] : [])],
      begin: () => {
        this.#checking = true;
        this.#lines.hold(why.startsWith('saved') ? headerAfterMs : 0);
        this.#lines.print(dim(`\n${'─'.repeat(40)}${why ? ` ${why}` : ''}`));
        const tick = () => this.#status(`${doing} … ${Math.round((performance.now() - startedAt) / 1_000)} s`);
        ticking = setInterval(tick, 1_000);
        tick();
      },
      end: (exitCode) => {
        clearInterval(ticking);
        this.#checking = false;
        if (exitCode === undefined) {
          if (!this.#lines.drop()) this.#footer.print(dim('  … stopped'));
          this.#idle();
          return;
        }
        this.#lines.flush();
        this.#lastVerdict = verdict(exitCode);
        this.#idle();
        if (more === 'with load' && exitCode === 1) void this.#offerLoad();
      },
    });
  }

  /** A load run waits for the behaviours. Whoever asked for it hears why there was none. */
  async #offerLoad(): Promise<void> {
    const { number, folder } = this.#lesson;
    if ((await readProgress()).lessons[folder]?.last?.failing === 'load') return;
    this.#ask('No load was run: it waits until every behaviour holds. Load anyway?', () =>
      this.#show(['load', String(number)]),
    );
  }

  #toggleOutput(): void {
    this.#withOutput = !this.#withOutput;
    if (this.#withOutput) this.#check('with what the app prints');
    else this.#footer.print(dim('  From now on without what the app prints.'));
  }

  #askForReset(): void {
    const { number, folder } = this.#lesson;
    const before = keptVersions(folder).at(-1);
    const reset = () => {
      this.#watching.abort(); // The starter's files are no save of the learner's.
      void this.#jobs.start({
        args: ['reset', String(number)],
        begin: () => this.#footer.print(''),
        end: () => {
          const kept = keptVersions(folder).at(-1);
          this.#watch();
          if (kept === undefined || kept === before) return this.#idle();
          this.#footer.note(
            `Your version is kept in ${relative(repoDir, keptPath(folder, kept))}. Back: npm run restore lesson-${number}`,
          );
          this.#check('the starter is back');
        },
      });
    };
    this.#question.word('Put the starter back? Your version is kept. Type reset and Enter: ', 'reset', reset, () =>
      this.#idle(),
    );
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
    this.#footer.note('');
    this.#watch();
    for (const line of ['', ...introduction(lesson, isPassed(progress, lesson.folder))]) this.#footer.print(line);
    this.#check('');
  }

  #watch(): void {
    this.#watching.abort();
    this.#watching = new AbortController();
    const dir = join(repoDir, 'lessons', this.#lesson.folder);
    const save = (file: string) => {
      this.#footer.note('');
      this.#check(`saved: ${file}`);
    };
    // What runs is about files that are no more.
    const change = () => {
      if (this.#checking) void this.#jobs.stop();
    };
    void watchSources(dir, save, this.#watching.signal, change);
  }

  #ask(question: string, yes: () => void): void {
    this.#question.yesOrNo(question, yes, () => this.#idle());
  }

  #idle(): void {
    const last = this.#lastVerdict && `, last: ${this.#lastVerdict}`;
    this.#status(`watching ${editedFolder(this.#lesson)}${last}. Save a file, or press a key.`);
  }

  #status(text: string): void {
    this.#footer.status(`  ${this.#question.text || text}`);
  }
}
