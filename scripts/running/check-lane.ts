import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiledApps } from '../../checks/harness/app/inherited-env.ts';
import type { CheckPlan, CheckResult } from '../../checks/harness/model/result.ts';
import type { Child } from '../../checks/harness/os/child.ts';
import type { Run } from '../../checks/harness/os/run.ts';
import { isStopping } from './session.ts';

/** What a lane is told to do, and what it answers: a result, or why there is none. */
export interface LaneOrder {
  plan: CheckPlan;
}
export type LaneAnswer = { result: CheckResult } | { problem: string };

/** A process that has judged so many apps is replaced, so that nothing can pile up in it. */
const mostChecks = 25;

/**
 * A process that judges one app after the other, beside those of other lanes. To start Node and Vitest costs a second of CPU
 * time, as much as many a check. An app can't meet what an earlier one has left: each check has a run, a thread and services
 * of its own.
 */
export class CheckLane {
  readonly #run: Run;
  #child: Child | undefined;
  #checks = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  /**
   * @returns the result, or what was said instead of one, or what Node has warned of in the check, which learners would read.
   * Nothing any more once this process was told to stop, or one check after the other would be started and ended.
   */
  async check(plan: CheckPlan): Promise<CheckResult | string> {
    const child = await this.#process();
    const answer = new Promise<LaneAnswer>((resolve) => {
      child.process.once('message', (message) => resolve(message as LaneAnswer));
      void child.closed.then(() => resolve({ problem: child.lastWords().slice(-400) || child.ending() }));
    });
    child.process.send({ plan });
    const said = await answer;
    if (isStopping()) return new Promise(() => {});
    const warning = /\w*Warning: .*/.exec(child.lastWords())?.[0];
    if ('result' in said && !warning) return said.result;
    this.close();
    return 'result' in said ? `the check made Node warn: ${warning}` : `the check came to no result: ${said.problem}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Ends its process. The next check starts another. */
  close(): void {
    if (this.#child && !this.#child.hasEnded) this.#child.process.disconnect();
    this.#child = undefined;
  }

  async #process(): Promise<Child> {
    if (this.#checks++ % mostChecks === 0 || this.#child?.hasEnded) this.close();
    this.#child ??= await this.#run.spawn(
      process.execPath,
      [fileURLToPath(new URL('./lane-process.ts', import.meta.url))],
      {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: {
          ...process.env,
          // The packages of the apps are compiled once, too. That goes with the run: their own files have another path in each.
          [compiledApps]: join(this.#run.dir, 'compiled'),
        },
      },
    );
    return this.#child;
  }
}
