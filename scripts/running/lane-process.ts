// Judges one app after the other, as it is told over IPC, each in a run of its own. What is read and compiled once for all of
// them is Vitest and the command; each check has a thread, services and processes of its own, as if it were the first.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import { dismissReaper, openRun, repoDir } from '../../checks/harness/os/run.ts';
import { closeRun } from '../../checks/harness/os/run-end.ts';
import type { LaneAnswer, LaneOrder } from './check-lane.ts';
import { runCheck } from './run-check.ts';
import { withPackages } from './subject.ts';

process.on('message', (order) => void judge(order as LaneOrder).then((answer) => process.send?.(answer)));
// Whoever gave the orders is gone: our reaper ends what we have started.
process.on('disconnect', () => process.exit(1));

async function judge({ plan }: LaneOrder): Promise<LaneAnswer> {
  try {
    return { result: await judgeInRun(plan) };
  } catch (error) {
    return { problem: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function judgeInRun(plan: LaneOrder['plan']): Promise<CheckResult> {
  const file = pathToFileURL(join(repoDir, 'checks', plan.folder, 'lesson.ts')).href;
  const { default: lesson } = (await import(file)) as { default: Lesson };
  const run = await openRun();
  try {
    return await runCheck(run, lesson, { ...plan, subjectDir: withPackages(plan.subjectDir, run) });
  } finally {
    await closeRun(run.dir);
    dismissReaper();
  }
}
