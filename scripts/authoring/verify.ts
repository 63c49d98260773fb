import { join } from 'node:path';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { Command } from '../command.ts';
import { findLesson, readLessons } from '../learner/lesson-list.ts';
import { withRun } from '../running/session.ts';
import { bold, duration, red } from '../terminal/style.ts';
import { UsageError } from '../usage-error.ts';
import { keepOneCoreBusy } from './busy.ts';
import { type Subject, subjectsOf } from './subjects.ts';
import { heading, type Job, verifyOnce } from './verify-once.ts';

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
    only: { summary: 'only the subject of this name', value: 'SUBJECT' },
  },
  async run(args) {
    const lessons = await readLessons();
    const chosen = args.names.length > 0 ? args.names.map((name) => findLesson(lessons, name)) : lessons;
    const repeat = Number(args.valueOf('repeat') ?? 1);
    if (!Number.isInteger(repeat) || repeat < 1)
      throw new UsageError(`--repeat takes a whole number, not "${args.valueOf('repeat')}".`);
    const noLoad = args.has('no-load');
    const wanted = (subject: Subject) => {
      if (args.valueOf('only') !== undefined) return args.valueOf('only') === subject.name;
      if (subject.role !== 'wrong-turn') return true;
      return !args.has('no-wrong-turns') && !(noLoad && subject.expects.behaviour === 'load');
    };
    const startedAt = performance.now();
    return withRun(async (run) => {
      if (args.has('busy')) keepOneCoreBusy(run);
      let right = 0;
      const wrong: string[] = [];
      console.log(bold(heading));
      const jobs = chosen.flatMap((lesson) =>
        subjectsOf(lesson, join(run.dir, 'subjects'))
          .filter((subject) => wanted(subject))
          .flatMap((subject) => jobsFor(lesson, subject, { repeat, noLoad })),
      );
      const takeFrom = async (...queues: Iterable<Job>[]) => {
        for (const queue of queues) {
          for (const job of queue) {
            const wrongRow = await verifyOnce(run, job);
            if (wrongRow) wrong.push(wrongRow);
            else right++;
          }
        }
      };
      const waiting = jobs.filter(({ withLoad, lesson }) => !withLoad && !lesson.cpuBound).values();
      const computing = jobs.filter(({ withLoad, lesson }) => !withLoad && lesson.cpuBound).values();
      await Promise.all([takeFrom(computing, waiting), ...Array.from({ length: lanes - 1 }, () => takeFrom(waiting))]);
      await takeFrom(jobs.filter(({ withLoad }) => withLoad));
      const conditions = [repeat > 1 ? `each ${repeat} times` : '', args.has('busy') ? 'one core kept busy' : '']
        .filter(Boolean)
        .join(', ');
      console.log();
      // Once more, or who reads the end of a long run looks for them among two hundred lines.
      for (const line of wrong) console.log(red(line));
      console.log(
        `${right} verdicts right, ${wrong.length} wrong${conditions ? ` (${conditions})` : ''}, in ${duration(performance.now() - startedAt)}`,
      );
      return wrong.length === 0 && right > 0 ? 0 : 1;
    });
  },
};

function jobsFor(lesson: Lesson, subject: Subject, { repeat, noLoad }: { repeat: number; noLoad: boolean }): Job[] {
  return Array.from({ length: repeat }, (_, round) => {
    // The starter's load is run for its margins, and those don't flip.
    const meetsLoad =
      subject.role === 'wrong-turn' ? subject.expects.behaviour === 'load' : subject.role !== 'starter' || round === 0;
    return { lesson, subject, withLoad: meetsLoad && !noLoad };
  });
}
