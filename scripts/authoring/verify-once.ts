import type { CheckLane } from '../running/check-lane.ts';
import { dim, green, red, yellow } from '../terminal/style.ts';
import { judge, margins, whatFailed } from './expectation.ts';
import type { PhaseTotals } from './phase-totals.ts';
import type { Job } from './verify-jobs.ts';

/**
 * What verify makes of a verdict, with its row. `again`: it does not count, and is judged once more. `fooled`: starved
 * cores may have fooled the check, and it is judged three times more. `through`: its behaviour alone does not show it, and it
 * is judged through those before it.
 */
export interface Verified {
  outcome: 'right' | 'wrong' | 'again' | 'fooled' | 'through';
  row: string;
  /** Of `fooled`: what the check said that it must not say, a line for each behaviour. */
  said?: string[];
}

/**
 * Which verdicts are given again, alone. Beside others: all that are not right, for on starved cores more fails than is
 * wrong, and what must be done in time is not.
 */
export type Repeats = 'none' | 'starved' | 'not-right';

/** Judges a subject and prints its row. @param repeats the verdicts that don't count yet. */
export async function verifyOnce(
  lane: CheckLane,
  { lesson, subject, part, directly, short }: Job,
  totals: PhaseTotals,
  repeats: Repeats,
): Promise<Verified> {
  // The starter is judged whole, for the list of what it fails and for its margins; the others as a learner's app is.
  const isStarter = subject.role === 'starter';
  const load = { behaviours: 'never', load: 'only', whole: isStarter ? 'always' : 'after-behaviours' } as const;
  const startedAt = performance.now();
  const result = await lane.check({
    folder: lesson.folder,
    subjectDir: subject.dir,
    all: isStarter,
    further: part !== 'load',
    // What is judged after it is no part of the proof, and would be begun beside it where it runs in the background.
    ...(subject.role === 'wrong-turn' ? { [directly ? 'only' : 'until']: subject.expects.behaviour } : {}),
    load: short ? 'never' : load[part],
  });
  const tookMs = performance.now() - startedAt;
  const seconds = (tookMs / 1_000).toFixed(1);
  if (typeof result === 'string') {
    const line = `✘ ${row([lesson.folder, subject.name, '', result, '', seconds])}`;
    console.log(red(line));
    return { outcome: 'wrong', row: line };
  }
  totals.add(lesson.folder, tookMs, result);
  const { right, undecided, elsewhere, expected, got } = judge(lesson, subject, result, part);
  const brief = subject.role === 'starter' && !lesson.exam ? `${lesson.starterFails.length} behaviours fail` : expected;
  const cells = [lesson.folder, subject.name, right ? brief : expected, right ? 'as expected' : got];
  const line = row([...cells, margins(subject, result), seconds]);
  if (right) {
    console.log(`${green('✔')} ${line}`);
    return { outcome: 'right', row: line };
  }
  if (directly) {
    console.log(dim(`  ${line}`));
    return { outcome: 'through', row: line };
  }
  if (repeats === 'not-right' || (repeats === 'starved' && (undecided || elsewhere))) {
    console.log(yellow(`? ${line}`));
    return { outcome: 'again', row: line };
  }
  const isFooled = repeats === 'starved';
  console.log(isFooled ? yellow(`? ${line}`) : red(`✘ ${line}`));
  const behaviours = [...result.behaviours, ...result.further.behaviours].filter(
    (b) => !['pass', 'not-run'].includes(b.outcome),
  );
  const { record: _, ...loaded } = result.load ?? {}; // Its record has thousands of lines, for pictures.
  console.log(dim(JSON.stringify({ behaviours, load: loaded }, null, 1)));
  const expectedToFail = new Set(isStarter ? lesson.starterFails : []);
  return isFooled
    ? { outcome: 'fooled', row: line, said: whatFailed(result, expectedToFail) }
    : { outcome: 'wrong', row: `✘ ${line}` };
}

function row([lesson = '', subject = '', expected = '', got = '', margin = '', seconds = '']: string[]): string {
  return [
    lesson.padEnd(18),
    subject.padEnd(24),
    expected.padEnd(22),
    got.padEnd(24),
    margin.padEnd(40),
    seconds.padStart(7),
  ].join(' ');
}

export const heading = `  ${row(['lesson', 'subject', 'expected', 'got', 'smallest margin', 'seconds'])}`;
