import { join } from 'node:path';
import type { Command } from '../command.ts';
import { findLesson, readLessons } from '../learner/lesson-list.ts';
import { CheckLane } from '../running/check-lane.ts';
import { withRun } from '../running/session.ts';
import { bold, dim, duration, red, yellow } from '../terminal/style.ts';
import { UsageError } from '../usage-error.ts';
import { keepOneCoreBusy } from './busy.ts';
import { coresWatch } from './core-use.ts';
import { aFewAtATime, inLanes } from './lanes.ts';
import { PhaseTotals } from './phase-totals.ts';
import { writeStarterFails } from './starter-fails.ts';
import { type Subject, subjectsOf } from './subjects.ts';
import { unfinished } from './unfinished.ts';
import { howBeside, inOrder, type Job, jobsFor, onceMore, readShare, tooManyFooled } from './verify-jobs.ts';
import { heading, type Repeats, verifyOnce } from './verify-once.ts';
import { longestFirst, ofTheDay, TimeLimit } from './verify-order.ts';

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
    through: {
      summary:
        'take this part of the wrong turns through the behaviours before theirs; judge the others by theirs alone',
      value: 'K/N',
    },
    within: {
      summary: 'begin no wrong turn later than this, take them in the order of the day, and say how many were left',
      value: 'SECONDS',
    },
    only: { summary: 'only the subjects of these names', value: 'SUBJECT,…' },
  },
  async run(args) {
    const lessons = await readLessons();
    const chosen = args.names.length > 0 ? args.names.map((name) => findLesson(lessons, name)) : lessons;
    const repeat = Number(args.valueOf('repeat') ?? 1);
    if (!Number.isInteger(repeat) || repeat < 1)
      throw new UsageError(`--repeat takes a whole number, not "${args.valueOf('repeat')}".`);
    const [noLoad, rest] = [args.has('no-load'), args.has('rest')];
    const share = readShare(args.valueOf('through') ?? '1/1');
    if (!share) throw new UsageError(`--through takes a part as 1/3, not "${args.valueOf('through')}".`);
    const seconds = Number(args.valueOf('within') ?? Number.POSITIVE_INFINITY);
    if (!(seconds > 0)) throw new UsageError(`--within takes seconds, not "${args.valueOf('within')}".`);
    const only = args.valueOf('only')?.split(',');
    const wanted = (subject: Subject) => {
      if (only !== undefined) return only.includes(subject.name);
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
          .flatMap((subject) => jobsFor(lesson, subject, { repeat, noLoad, rest, through: share })),
      );
      /** What others that were judged beside it may have disturbed: it is judged once more, alone. */
      const again: Job[] = [];
      const fooled: Job[] = [];
      /** What the checks said of them: the end of a long run may be all that is kept of it. */
      const foolish: string[] = [];
      const through: Job[] = [];
      const mayRepeat = repeat === 1 && !args.has('busy');
      const limit = new TimeLimit(() => performance.now() - startedAt > seconds * 1_000);
      const openLane = (repeats: Repeats, inTime?: Pick<TimeLimit, 'allows'>) => () => {
        const lane = new CheckLane(run);
        const take = async (job: Job) => {
          if (inTime?.allows(job) === false) return;
          const { outcome, row, said = [] } = await verifyOnce(lane, job, totals, mayRepeat ? repeats : 'none');
          if (outcome === 'right') right++;
          else if (outcome === 'wrong') wrong.push(row);
          else if (outcome === 'through') through.push(inOrder(job));
          else (outcome === 'fooled' ? fooled : again).push(job);
          foolish.push(...said.map((what) => `? ${names([job])} ${what}`));
        };
        return { take, close: () => lane.close() };
      };
      const { beside, loads, alone } = howBeside(jobs, mayRepeat);
      const parts: string[] = [];
      const inPart = async (how: string, count: () => number, take: () => Promise<void>) => {
        const [from, busy] = [performance.now(), coresWatch()];
        await take();
        if (count() > 0) parts.push(`${count()} ${how} in ${duration(performance.now() - from)}, ${busy()}`);
      };
      await inPart(
        'loads a few at a time',
        () => loads.length,
        () => aFewAtATime(loads, openLane('not-right')),
      );
      const order = Number.isFinite(seconds)
        ? ofTheDay(beside, Math.floor(Date.now() / 86_400_000))
        : longestFirst(beside);
      await inPart(
        'beside others',
        () => beside.length - limit.left.length,
        () => inLanes(order, openLane('starved', limit)),
      );
      await inPart(
        'through the behaviours before theirs',
        () => through.length,
        () => inLanes(through, openLane('starved')),
      );
      await inPart(
        'alone',
        () => alone.length + again.length + onceMore(fooled).length,
        () => aFewAtATime([...alone, ...again, ...onceMore(fooled)], openLane('none'), 1),
      );
      if (tooManyFooled(fooled, jobs)) wrong.push(`✘ ${fooled.length} subjects were misjudged beside others`);
      if (fooled.length > 0) parts.push(`misjudged beside others, judged three times alone: ${names(fooled)}`);
      if (limit.left.length > 0)
        parts.push(`left for another day, as there was no time for them: ${limit.left.length} wrong turns`);
      if (again.length > 0) parts.push(`${again.length} of them because of what was seen beside others`);
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
      for (const line of foolish) console.log(yellow(line));
      for (const line of [...totals.lines(), parts.join('; ')]) console.log(dim(line));
      console.log(
        `${right} verdicts right, ${wrong.length} wrong${conditions ? ` (${conditions})` : ''}, in ${duration(performance.now() - startedAt)}`,
      );
      return wrong.length === 0 && lacking.length === 0 && right > 0 ? 0 : 1;
    });
  },
};

function names(jobs: readonly Job[]): string {
  return jobs.map(({ lesson, subject }) => `${lesson.folder} ${subject.name}`).join(', ');
}
