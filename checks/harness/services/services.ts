import type { Lesson } from '../model/lesson.ts';
import { BehaviourFailure, Inconclusive } from '../model/verdict.ts';
import { cacheDir, type Run, repoDir } from '../os/run.ts';
import { troubleIn } from '../os/trouble.ts';
import { type Handles, type RegisteredName, registry, type StartOptions } from './registry.ts';
import type { OpenService, ServiceKind } from './service.ts';

export interface ServicesOptions {
  lesson: Lesson;
  run: Run;
  /** The folder of the app, where a service takes files of the learner's from there. */
  subjectDir?: string | undefined;
  /** Where visitors come in, if somebody wants a certain port. */
  doorPort?: number | undefined;
  onProgress?: ((text: string) => void) | undefined;
}

const names = Object.keys(registry) as RegisteredName[];

/** The servers that a lesson's app talks to, opened in order and closed together. */
export class Services {
  readonly #options: ServicesOptions;
  readonly #open = new Map<RegisteredName, OpenService>();

  constructor(options: ServicesOptions) {
    this.#options = options;
  }

  /** @throws {Inconclusive} when the workshop can't provide one; those that are open by then wait for `close`. */
  async open(): Promise<void> {
    const wanted: readonly string[] = this.#options.lesson.services;
    for (const name of names) if (wanted.includes(name)) this.#open.set(name, await this.start(name));
  }

  /** The one that `open` has brought, where the lesson has it. */
  get<Name extends RegisteredName>(name: Name): Handles[Name] | undefined {
    return this.#open.get(name) as Handles[Name] | undefined;
  }

  all(): Iterable<[RegisteredName, OpenService]> {
    return this.#open;
  }

  /** One beside those that `open` brings, empty or seeded afresh: whoever asks for it closes it. */
  async start<Name extends RegisteredName>(name: Name, more?: StartOptions[Name]): Promise<Handles[Name]> {
    const { run, lesson, subjectDir, doorPort, onProgress = () => {} } = this.#options;
    const { fix, open } = registry[name] as ServiceKind<OpenService, StartOptions[Name]>;
    try {
      return (await open(
        { run, lesson, subjectDir, doorPort, cacheDir, repoDir, env: process.env, onProgress },
        more,
      )) as Handles[Name];
    } catch (error) {
      // Whatever else keeps us from opening a service is no fault of the app.
      if (error instanceof Inconclusive || error instanceof BehaviourFailure) throw error;
      const trouble = troubleIn(error);
      const message = error instanceof Error ? error.message : String(error);
      throw new Inconclusive(trouble?.what ?? message, trouble?.fix ?? fix);
    }
  }

  /** What each service is, for the first lines of a check. */
  labels(): Record<string, string> {
    return Object.fromEntries([...this.#open].map(([name, { label }]) => [name, label]));
  }

  /** What the app is told of them. */
  env(): Record<string, string> {
    return Object.assign({}, ...[...this.#open.values()].map(({ env }) => env));
  }

  /** Puts right what a behaviour broke. */
  async restore(): Promise<void> {
    // One that is dead: the next behaviour that needs it says so.
    for (const service of this.#open.values()) await service.restore().catch(() => {});
  }

  /** Throws when one of them has died, so that the app is not blamed for it. */
  async assertAlive(): Promise<void> {
    for (const [name, service] of this.#open) await assertAlive(name, service, 'this check');
  }

  async close(): Promise<void> {
    for (const service of this.#open.values()) await service.close();
  }
}

/** @throws {Inconclusive} when a service has died. @param whose "this check" or "this behaviour". */
export async function assertAlive(name: RegisteredName, service: OpenService, whose: string): Promise<void> {
  if (await service.alive()) return;
  const { title, fix } = registry[name];
  const label = whose === 'this check' && service.label ? ` (${service.label})` : '';
  throw new Inconclusive(`${title} of ${whose}${label} stopped answering`, fix);
}
