import type { Lesson } from '../model/lesson.ts';
import type { Run } from '../os/run.ts';
import { type AppCommandEnd, runAppCommand } from './app-command.ts';
import { migrationFailed } from './failures.ts';

export interface MigrationsOptions {
  lesson: Lesson;
  subjectDir: string;
  run: Run;
  /** What the app and its commands are told of what is around them. */
  env: () => Record<string, string>;
  onProgress?: ((text: string) => void) | undefined;
  onOutput?: ((from: string, line: string) => void) | undefined;
}

/** The migrations of a lesson's app, where it has some. */
export class Migrations {
  readonly #options: MigrationsOptions;

  constructor(options: MigrationsOptions) {
    this.#options = options;
  }

  /** Runs them to their end, with whatever that is. */
  async run(more: Record<string, string> = {}): Promise<AppCommandEnd> {
    const { lesson, run, subjectDir: dir, env, onOutput } = this.#options;
    const { migrate: script } = lesson;
    if (!script) throw new TypeError(`${lesson.folder} has no migrations`);
    return runAppCommand({
      run,
      dir,
      script,
      env: { ...env(), ...more },
      onOutput: onOutput && ((line) => onOutput(script, line)),
    });
  }

  /**
   * Runs them as a deploy does, before the app starts. Does nothing where the lesson has none.
   * @throws {BehaviourFailure} when they fail.
   */
  async beforeStart(): Promise<void> {
    const { migrate: script } = this.#options.lesson;
    if (!script) return;
    this.#options.onProgress?.(`node ${script}`);
    const end = await this.run();
    if (!end.ok) throw migrationFailed(script, end);
  }
}
