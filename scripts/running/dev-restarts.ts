import { setTimeout as delay } from 'node:timers/promises';
import { BehaviourFailure } from '../../checks/harness/model/verdict.ts';
import type { Environment, Instance } from '../../checks/harness/runner/environment.ts';
import { dim } from '../terminal/style.ts';
import { isStopping } from './session.ts';
import { watchSources } from './source-watcher.ts';

/** Restarts an app on every save, one restart after the other, and says what becomes of it. */
export class DevRestarts {
  readonly #environment: Environment;
  readonly #dir: string;
  readonly #told = new WeakSet<Instance>();
  #saved: string | undefined;
  #restarting = false;

  constructor(environment: Environment, dir: string) {
    this.#environment = environment;
    this.#dir = dir;
  }

  /** Only a signal ends it. */
  async forever(): Promise<never> {
    const save = (file: string) => {
      this.#saved = file;
      if (!this.#restarting) void this.#restart();
    };
    void watchSources(this.#dir, save, new AbortController().signal);
    for (;;) {
      await delay(200);
      this.#tellCrashes();
    }
  }

  /** Of the saves that come while it restarts the last one counts. */
  async #restart(): Promise<void> {
    this.#restarting = true;
    for (let file = this.#saved; file !== undefined; file = this.#saved) {
      this.#saved = undefined;
      console.log(dim(`\n  saved: ${file}; the app restarts`));
      try {
        await this.#environment.redeploy();
        console.log(dim('  restarted\n'));
        for (const { pm2 } of this.#environment.instances) if (pm2) console.log(`  PM2_HOME is now ${pm2.home}\n`);
      } catch (error) {
        if (isStopping()) return;
        if (!(error instanceof BehaviourFailure)) throw error;
        explainFailure(error);
        console.log('  Save a file to start it again.\n');
      }
    }
    this.#restarting = false;
  }

  #tellCrashes(): void {
    if (this.#restarting || isStopping()) return;
    for (const instance of this.#environment.processes) {
      if (!instance.crashed || this.#told.has(instance)) continue;
      this.#told.add(instance);
      console.log(`\n  ${instance.name} ended with ${instance.ending()}. Save a file to start it again.\n`);
    }
  }
}

/** Why an app is not up, in the words of a check. Its own lines have been shown as they came. */
export function explainFailure({ failure: { seen, because } }: BehaviourFailure): void {
  console.log(`\n  The app did not start: ${seen}.\n  ${because}`);
}
