import { cpSync, existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import { type Run, repoDir } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { oneLesson, readLessons } from '../learner/lesson-list.ts';
import { CheckLane } from '../running/check-lane.ts';
import { withRun } from '../running/session.ts';
import { dim, duration, green, red, yellow } from '../terminal/style.ts';
import { UsageError } from '../usage-error.ts';
import { bringInstrumenter, type Mutant, mutantsOf } from './instrumenter.ts';

/** Mutants judged side by side: behaviours mostly wait. */
const lanes = 2;

/** A mutant that no behaviour misses, and that somebody has looked at: it does the same as the solution. */
export type Reviewed = Pick<Mutant, 'file' | 'mutator' | 'original' | 'replacement' | 'occurrence'> & { why: string };

export const command: Command = {
  summary: 'Changes our solution of a lesson in one place at a time, and says which changes no behaviour misses.',
  takes: 'lesson-N',
  flags: {
    file: { summary: 'only the mutants of this file: src/app.ts', value: 'FILE' },
    from: { summary: 'begin with the mutant of this number', value: 'N' },
    most: { summary: 'judge this many at the most', value: 'N' },
  },
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'mutants', args.names);
    const from = wholeNumber(args.valueOf('from') ?? '1', 'from');
    const most = wholeNumber(args.valueOf('most') ?? '100000', 'most');
    const solution = join(repoDir, 'solutions', lesson.folder);
    const startedAt = performance.now();
    return withRun(async (run) => {
      await bringInstrumenter(run);
      const files = globSync('{src,migrations}/**/*.ts', { cwd: solution }).sort();
      const wanted = args.valueOf('file');
      if (wanted !== undefined && !files.includes(wanted))
        throw new UsageError(`There is no ${wanted} in ${solution}.`);
      const all = (await Promise.all(files.map((file) => mutantsOf(solution, file)))).flat();
      const chosen = all
        .map((mutant, index) => ({ mutant, number: index + 1 }))
        .filter(({ mutant }) => wanted === undefined || mutant.file === wanted)
        .filter(({ number }) => number >= from)
        .slice(0, most);
      console.log(`${all.length} mutants, of which ${chosen.length} are judged`);
      const counts = await judgeAll(run, lesson, chosen);
      console.log(
        `${counts.killed} missed by a behaviour, ${counts.reviewed} reviewed, ${counts.undecided} inconclusive, ${counts.survived} not missed by any, in ${duration(performance.now() - startedAt)}`,
      );
      return counts.survived === 0 && counts.undecided === 0 ? 0 : 1;
    });
  },
};

interface Chosen {
  mutant: Mutant;
  number: number;
}

async function judgeAll(run: Run, lesson: Lesson, chosen: Chosen[]) {
  const reviewed = reviewedOf(lesson);
  const counts = { killed: 0, reviewed: 0, undecided: 0, survived: 0 };
  const queue = chosen.values();
  const takeTurns = async () => {
    const lane = new CheckLane(run);
    for (const { mutant, number } of queue) {
      const subjectDir = laidOut(run, lesson, mutant, number);
      const { folder } = lesson;
      const result = await lane.check({ folder, subjectDir, all: false, further: true, load: 'never' });
      const fate = fateOf(result);
      const place = `${String(number).padStart(4)} ${mutant.file}:${mutant.line} ${mutant.mutator}`;
      const known = reviewed.find((one) => isSame(one, mutant));
      if (fate.outcome === 'killed') {
        counts.killed++;
        console.log(`${green('✔')} ${place}  ${dim(fate.by)}`);
        if (known) console.log(yellow(`  its review is not needed any more: ${known.why}`));
      } else if (fate.outcome === 'undecided') {
        counts.undecided++;
        console.log(`${yellow('?')} ${place}  ${fate.by}`);
      } else if (known) {
        counts.reviewed++;
        console.log(`${green('✔')} ${place}  ${dim(`reviewed: ${known.why}`)}`);
      } else {
        counts.survived++;
        console.log(red(`✘ ${place}`));
        for (const line of [`- ${oneLine(mutant.original)}`, `+ ${oneLine(mutant.replacement)}`])
          console.log(`       ${line}`);
      }
    }
    lane.close();
  };
  await Promise.all(Array.from({ length: lanes }, takeTurns));
  return counts;
}

/** What the check made of a mutant. A behaviour that fails, core or further, has missed what was changed. */
export function fateOf(result: CheckResult | string): { outcome: 'killed' | 'undecided' | 'survived'; by: string } {
  if (typeof result === 'string') return { outcome: 'undecided', by: result };
  const behaviours = [...result.behaviours, ...result.further.behaviours];
  const failed = behaviours.find(({ outcome }) => outcome === 'fail');
  if (failed) return { outcome: 'killed', by: failed.id };
  const undecided = behaviours.find(({ outcome }) => outcome === 'inconclusive');
  if (undecided) return { outcome: 'undecided', by: `${undecided.id}: ${undecided.reason}` };
  return { outcome: 'survived', by: '' };
}

/** Those that somebody has looked at. Lines may move, so a mutant is known by what it changes. */
function reviewedOf({ folder }: Lesson): Reviewed[] {
  const file = join(repoDir, 'checks', folder, 'mutants.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Reviewed[]) : [];
}

function isSame(one: Omit<Reviewed, 'why'>, other: Mutant): boolean {
  return (['file', 'mutator', 'original', 'replacement', 'occurrence'] as const).every(
    (key) => one[key] === other[key],
  );
}

function laidOut(run: Run, { folder }: Lesson, { file, text }: Mutant, number: number): string {
  const dir = join(run.dir, 'mutants', folder, String(number));
  cpSync(join(repoDir, 'solutions', folder), dir, { recursive: true });
  writeFileSync(join(dir, file), text);
  return dir;
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').slice(0, 140);

function wholeNumber(given: string, flag: string): number {
  const number = Number(given);
  if (!Number.isInteger(number) || number < 1) throw new UsageError(`--${flag} takes a whole number, not "${given}".`);
  return number;
}
