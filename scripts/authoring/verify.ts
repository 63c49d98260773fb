import { join } from 'node:path';
import type { Command } from '../command.ts';
import { findLesson, readLessons } from '../learner/lesson-list.ts';
import { withRun } from '../running/session.ts';
import { bold, dim, duration, red } from '../terminal/style.ts';
import { UsageError } from '../usage-error.ts';
import { keepOneCoreBusy } from './busy.ts';
import { coresWatch, PhaseTotals } from './phase-totals.ts';
import { writeStarterFails } from './starter-fails.ts';
import { type Subject, subjectsOf } from './subjects.ts';
import { unfinished } from './unfinished.ts';
import { type Job, jobsFor } from './verify-jobs.ts';
import { heading, verifyOnce } from './verify-once.ts';

/**
 * Apps judged side by side while no load is run: behaviours mostly wait. Those of a lesson about CPU time share one lane,
 * and loads are run when nothing else is.
 */
const lanes = 3;

export const command: Command = {
  summary:
    "The authors' proof: starters fail as declared, solutions and other ways pass, wrong turns fail for their reason.",
  takes: '[lesson-N …]',
  flags: {
    repeat: { summary: 'judge each subject N times and count flipped verdicts', value: 'N' },
    busy: { summary: 'keep one core busy meanwhile' },
    'no-load': { summary: 'behaviours only' },
    'no-wrong-turns': { summary: 'starters, solutions and other ways only' },
    rest: { summary: 'what npm test leaves out: wrong turns, and loads without the behaviours before them' },
    'write-starter-fails': { summary: 'write what each starter fails into its lesson.ts, and judge nothing else' },
    only: { summary: 'only the subject of this name', value: 'SUBJECT' },
  },
  async run(args) {
    const lessons = await readLessons();
    const chosen = args.names.length > 0 ? args.names.map((name) => findLesson(lessons, name)) : lessons;
    const repeat = Number(args.valueOf('repeat') ?? 1);
    if (!Number.isInteger(repeat) || repeat < 1)
      throw new UsageError(`--repeat takes a whole number, not "${args.valueOf('repeat')}".`);
    const [noLoad, rest] = [args.has('no-load'), args.has('rest')];
    const wanted = (subject: Subject) => {
      if (args.valueOf('only') !== undefined) return args.valueOf('only') === subject.name;
      if (subject.role !== 'wrong-turn') return true;
      return !args.has('no-wrong-turns') && !(noLoad && subject.expects.behaviour === 'load');
    };
    const startedAt = performance.now();
    return withRun(async (run) => {
      if (args.has('write-starter-fails')) {
        for (const lesson of chosen)
          console.log(`  ${lesson.folder}: ${(await writeStarterFails(run, lesson)).join(', ') || 'nothing'}`);
        return 0;
      }
      if (args.has('busy')) await keepOneCoreBusy(run);
      let right = 0;
      const totals = new PhaseTotals();
      const wrong: string[] = [];
      console.log(bold(heading));
      const jobs = chosen.flatMap((lesson) =>
        subjectsOf(lesson, join(run.dir, 'subjects'))
          .filter((subject) => wanted(subject))
          .flatMap((subject) => jobsFor(lesson, subject, { repeat, noLoad, rest })),
      );
      const takeFrom = async (...queues: Iterable<Job>[]) => {
        for (const queue of queues) {
          for (const job of queue) {
            const wrongRow = await verifyOnce(run, job, totals);
            if (wrongRow) wrong.push(wrongRow);
            else right++;
          }
        }
      };
      const waiting = jobs.filter(({ part, lesson }) => part === 'behaviours' && !lesson.cpuBound);
      const computing = jobs.filter(({ part, lesson }) => part === 'behaviours' && lesson.cpuBound);
      const loads = jobs.filter(({ part }) => part !== 'behaviours');
      const lane = waiting.values();
      const behavioursBusy = coresWatch();
      await Promise.all([takeFrom(computing, lane), ...Array.from({ length: lanes - 1 }, () => takeFrom(lane))]);
      const behavioursTook = performance.now() - startedAt;
      const cores = [behavioursBusy()];
      const loadsBusy = coresWatch();
      await takeFrom(loads);
      cores.push(loadsBusy());
      const parts = [
        `${waiting.length + computing.length} without a load, ${lanes} side by side, in ${duration(behavioursTook)}, ${cores[0]}`,
        `${loads.length} with one, alone, in ${duration(performance.now() - startedAt - behavioursTook)}, ${cores[1]}`,
      ];
      const conditions = [repeat > 1 ? `each ${repeat} times` : '', args.has('busy') ? 'one core kept busy' : '']
        .filter(Boolean)
        .join(', ');
      const lacking = chosen.flatMap((lesson) =>
        unfinished(lesson).map((what) => `✘ ${lesson.folder} is unfinished: ${what}`),
      );
      console.log();
      for (const line of lacking) console.log(red(line));
      // Once more, or who reads the end of a long run looks for them among two hundred lines.
      for (const line of wrong) console.log(red(line));
      for (const line of [...totals.lines(), parts.join('; ')]) console.log(dim(line));
      console.log(
        `${right} verdicts right, ${wrong.length} wrong${conditions ? ` (${conditions})` : ''}, in ${duration(performance.now() - startedAt)}`,
      );
      return wrong.length === 0 && lacking.length === 0 && right > 0 ? 0 : 1;
    });
  },
};
