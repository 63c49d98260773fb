import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import { repoDir } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { findLesson, readLessons } from '../learner/lesson-list.ts';
import { checkInOwnProcess } from '../running/check-process.ts';
import { withRun } from '../running/session.ts';
import { bold, dim, duration, green, red, spread, wrap, yellow } from '../terminal/style.ts';

/** Programs that are not the workshop's own, and that a laptop may lack. */
const outside = ['redis', 'postgres'];

export const command: Command = {
  summary: 'Before a class, on each kind of laptop: fetches what checks need, and judges our solution of every lesson.',
  takes: '[lesson-N …]',
  flags: { 'no-load': { summary: 'behaviours only: a third of the time, and nothing about how fast this laptop is' } },
  async run(args) {
    const lessons = await readLessons();
    const chosen = args.names.length > 0 ? args.names.map((name) => findLesson(lessons, name)) : lessons;
    const flags = ['--solution', ...(args.has('no-load') ? ['--no-load'] : [])];
    return withRun(async (run) => {
      console.log(bold('Rehearsal: our solution of each lesson, checked on this machine'));
      console.log();
      const services = new Map<string, string>();
      let ready = 0;
      for (const lesson of chosen) {
        const startedAt = performance.now();
        const result = await checkInOwnProcess(run, lesson, flags);
        if (typeof result !== 'string')
          for (const [name, what] of Object.entries(result.services))
            if (outside.includes(name)) services.set(name, what);
        if (show(lesson, result, duration(performance.now() - startedAt))) ready++;
      }
      console.log();
      for (const [name, what] of services) console.log(dim(`  ${name}: ${what}`));
      console.log(`  ${ready} of ${chosen.length} pass here.`);
      if (ready === chosen.length && chosen.length === lessons.length)
        for (const line of wrap(
          `All that the workshop fetches is in ${repoDir} now. This folder works without a network, also as a copy on another machine of the same kind.`,
          '  ',
        ))
          console.log(line);
      return ready === chosen.length ? 0 : 1;
    });
  },
};

/** A line for the lesson, and why when our solution does not pass: then it is the machine or the workshop. */
function show(lesson: Lesson, result: CheckResult | string, took: string): boolean {
  const verdict = typeof result === 'string' ? 'broken' : result.verdict;
  const mark = { pass: green('✔'), fail: red('✘'), broken: red('✘'), inconclusive: yellow('?') }[verdict];
  console.log(spread(`  ${mark} ${String(lesson.number).padStart(2)} ${lesson.title}`, took));
  for (const reason of reasonsOf(result)) for (const line of wrap(reason, '      ')) console.log(line);
  return verdict === 'pass';
}

function reasonsOf(result: CheckResult | string): string[] {
  if (typeof result === 'string') return [result];
  const parts = [...result.behaviours, ...(result.load ? [{ title: 'load', ...result.load }] : [])];
  return parts.flatMap(({ title, outcome, reason, fix, failure }) => {
    if (outcome === 'pass' || outcome === 'not-run') return [];
    if (failure) return [`${title}: expected ${failure.expected}, seen ${failure.seen}`];
    return [`${title}: ${outcome === 'skipped' ? 'not judged, ' : ''}${reason}${fix ? ` (to fix it: ${fix})` : ''}`];
  });
}
