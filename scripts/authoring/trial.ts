import { join, resolve } from 'node:path';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import type { Run } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { findLesson, readLessons } from '../learner/lesson-list.ts';
import { writeStarter } from '../learner/starter.ts';
import { CheckLane } from '../running/check-lane.ts';
import { withRun } from '../running/session.ts';
import { bold, dim, duration, green, red, wrap } from '../terminal/style.ts';
import { UsageError } from '../usage-error.ts';
import { layFilesOver } from './lay-over.ts';
import { type TrialFix, type TrialRow, trialFixes, trialRow } from './trial-fixes.ts';

/** Fixes judged side by side while no load is run: behaviours mostly wait. */
const lanes = 2;

export const command: Command = {
  summary:
    'Judges fixes by people who have not seen the check: DIR/NN-name/{right,wrong}/NAME/, laid over the starter.',
  takes: 'DIR [lesson-N …]',
  flags: {
    'no-load': { summary: 'behaviours only' },
    core: { summary: 'without the further behaviours, for fixes of the core alone' },
  },
  async run(args) {
    const [given, ...names] = args.names;
    if (given === undefined) throw new UsageError('Which folder? For example: npm run trial fixes');
    const lessons = await readLessons();
    const chosen = names.map((name) => findLesson(lessons, name));
    const dir = resolve(process.env.INIT_CWD ?? process.cwd(), given);
    const fixes = trialFixes(lessons, dir).filter(({ lesson }) => chosen.length === 0 || chosen.includes(lesson));
    const startedAt = performance.now();
    return withRun(async (run) => {
      const rows = await judgeAll(run, fixes, { withLoad: !args.has('no-load'), further: !args.has('core') });
      for (const side of ['right', 'wrong'] as const) {
        const all = rows.filter(({ fix }) => fix.side === side);
        const good = all.filter(({ asItMust }) => asItMust).length;
        console.log(bold(`${side}: ${good} of ${all.length} ${side === 'right' ? 'pass' : 'fail as they must'}`));
      }
      console.log(dim(`in ${duration(performance.now() - startedAt)}`));
      return rows.every(({ asItMust }) => asItMust) ? 0 : 1;
    });
  },
};

/** Behaviours first, side by side; who holds them all then meets the load, alone. */
async function judgeAll(
  run: Run,
  fixes: TrialFix[],
  { withLoad, further }: { withLoad: boolean; further: boolean },
): Promise<TrialRow[]> {
  const rows: TrialRow[] = [];
  const held: { fix: TrialFix; subject: string; result: CheckResult }[] = [];
  const enter = (row: TrialRow) => {
    rows.push(row);
    for (const line of linesOf(row)) console.log(line);
  };
  const queue = fixes.values();
  const takeTurns = async () => {
    const lane = new CheckLane(run);
    for (const fix of queue) {
      const subject = laidOut(run, fix);
      const { folder } = fix.lesson;
      const judged = await lane.check({ folder, subjectDir: subject, all: false, further, load: 'never' });
      const result = further || typeof judged === 'string' ? judged : ofTheCore(judged);
      const holds = typeof result !== 'string' && result.verdict === 'pass';
      const starless = holds && result.further.verdict === 'fail';
      if (withLoad && holds && !starless) held.push({ fix, subject, result });
      else enter(trialRow(fix, result));
    }
    lane.close();
  };
  await Promise.all(Array.from({ length: lanes }, takeTurns));
  const alone = new CheckLane(run);
  for (const { fix, subject, result } of held) {
    const plan = { folder: fix.lesson.folder, subjectDir: subject, all: false, further: false };
    const whole = await alone.check({ ...plan, load: 'after-behaviours' });
    enter(trialRow(fix, typeof whole === 'string' ? whole : { ...whole, further: result.further }));
  }
  alone.close();
  return rows;
}

/** Further behaviours that nobody asked for are named in a result all the same. */
function ofTheCore(result: CheckResult): CheckResult {
  return { ...result, further: { verdict: 'not-judged', behaviours: [] } };
}

function laidOut(run: Run, { lesson, side, name, files }: TrialFix): string {
  const base = join(run.dir, 'starters', lesson.folder, side, name);
  writeStarter(base, lesson.folder);
  return layFilesOver(base, files, join(run.dir, 'trial', lesson.folder, side, name));
}

function linesOf({ fix, asItMust, got, said }: TrialRow): string[] {
  const mark = asItMust ? green('✔') : red('✘');
  const wanted = fix.expects.behaviours && !asItMust ? ` (its kind: ${fix.expects.behaviours.join(', ')})` : '';
  const head = `${mark} ${fix.lesson.folder}  ${fix.side.padEnd(5)}  ${fix.name.padEnd(32)} ${got}${wanted}`;
  const idea = !asItMust && fix.expects.idea ? wrap(`idea: ${fix.expects.idea}`, '    ') : [];
  return [head, ...idea.map((line) => dim(line)), ...(said ? wrap(said, '    ').map((line) => dim(line)) : [])];
}
