import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { duringLoad, readProfiles, type ThreadProfile } from '../../checks/harness/measure/profile/cpu-profile.ts';
import { readLoadWindow } from '../../checks/harness/measure/profile/load-window.ts';
import { selfTime } from '../../checks/harness/measure/profile/self-time.ts';
import { cacheDir, repoDir } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { oneLesson, readLessons } from '../learner/lesson-list.ts';
import { type CheckWatcher, runCheck } from '../running/run-check.ts';
import { withRun } from '../running/session.ts';
import { subjectOf, withPackages } from '../running/subject.ts';
import { behaviourLines } from '../terminal/check-lines.ts';
import { profileLines } from '../terminal/print-profile.ts';
import { bold, dim, wrap } from '../terminal/style.ts';
import { UsageError } from '../usage-error.ts';

export const command: Command = {
  summary: "Profiles a lesson's app under the lesson's load, and shows the functions that use the CPU.",
  takes: 'lesson-N',
  flags: {
    solution: { summary: 'profile our solution instead of your app' },
    subject: { summary: 'profile the app in this folder instead', value: 'DIR' },
  },
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'profile', args.names);
    const subjectDir = subjectOf(lesson, args);
    // A Node of the learner's own; the one that npm brings can.
    if (!process.allowedNodeEnvironmentFlags.has('--cpu-prof'))
      throw new UsageError(`Node ${process.versions.node} can't profile this way. Start it with npm run profile.`);
    console.log(bold(`lesson ${lesson.number} · ${lesson.title}`));
    console.log(dim(`profiling ${relative(repoDir, subjectDir) || subjectDir} under its load, ten to twenty seconds`));
    console.log();
    return withRun(async (run) => {
      const runIn = withPackages(subjectDir, run);
      const profileDir = join(run.dir, 'profiles');
      let problem = 0;
      const watcher: CheckWatcher = {
        behaviour(result) {
          if (result.outcome !== 'fail' && result.outcome !== 'inconclusive') return;
          problem = result.outcome === 'fail' ? 1 : 2;
          for (const line of behaviourLines(result)) console.log(line);
        },
        load: ({ requests, seconds, note, reason, failure, elapsedMs }) => {
          if (failure?.kind === 'crashed') {
            problem = 1;
            const crash = {
              id: 'load',
              title: 'the app keeps running under the load',
              outcome: 'fail',
              failure,
            } as const;
            for (const line of behaviourLines({ ...crash, elapsedMs })) console.log(line);
            return;
          }
          const missed = failure && `expected ${failure.expected}, seen ${failure.seen}`;
          const text = [`${requests} requests in ${seconds} s`, note, missed, reason].filter(Boolean).join('; ');
          for (const line of wrap(`load: ${text}`, '  ')) console.log(dim(line));
        },
      };
      const plan = {
        folder: lesson.folder,
        subjectDir: runIn,
        all: false,
        further: false,
        load: 'only' as const,
        profileDir,
      };
      await runCheck(run, lesson, plan, watcher);
      if (problem > 0) return problem;
      const threads = duringLoad(readProfiles(profileDir), readLoadWindow(profileDir));
      if (threads.length === 0) {
        console.log(
          '  The app wrote no profile: it did not exit when it was told to. Is its event loop blocked for ever?',
        );
        return 1;
      }
      const profiles = threads.map(({ profile }) => profile);
      for (const line of profileLines(selfTime(profiles, realpathSync(runIn)), threads)) console.log(line);
      const dir = keep(lesson.folder, threads);
      console.log(`\n  Written to ${relative(repoDir, dir)}, a file for each thread.`);
      console.log('  To see who calls whom, open it:');
      console.log('  Chrome: F12 → Performance → Load profile. Or drop the file on https://www.speedscope.app');
      return 0;
    });
  },
};

/** Copies the profiles to where they stay. A folder for each run, so that before and after can be compared. */
function keep(folder: string, threads: ThreadProfile[]): string {
  const now = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const dir = join(cacheDir, 'profiles', folder, now);
  mkdirSync(dir, { recursive: true });
  for (const { pid, thread, profile } of threads) {
    const name = thread === 0 ? `process-${pid}` : `process-${pid}-thread-${thread}`;
    writeFileSync(join(dir, `${name}.cpuprofile`), JSON.stringify(profile));
  }
  return dir;
}
