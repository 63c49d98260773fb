import type { Run } from '../../checks/harness/os/run.ts';
import { checkInOwnProcess } from '../running/check-process.ts';
import { dim, green, red } from '../terminal/style.ts';
import { judge, margins } from './expectation.ts';
import type { PhaseTotals } from './phase-totals.ts';
import type { Job } from './verify-jobs.ts';

/** Judges a subject in a process of its own and prints its row, which it returns too when the verdict is a wrong one. */
export async function verifyOnce(
  run: Run,
  { lesson, subject, part }: Job,
  totals: PhaseTotals,
): Promise<string | undefined> {
  // The starter is judged whole, for the list of what it fails and for its margins; the others as a learner's app is.
  const flags = [
    ...(part === 'load' ? [] : ['--further']),
    ...(subject.role === 'starter' ? ['--all'] : []),
    ...(subject.role === 'starter' && part === 'whole' ? ['--load-anyway'] : []),
    ...(part === 'behaviours' ? ['--no-load'] : []),
  ];
  const startedAt = performance.now();
  const command = part === 'load' ? 'load' : 'check';
  const result = await checkInOwnProcess(run, lesson, ['--subject', subject.dir, ...flags], command);
  const tookMs = performance.now() - startedAt;
  const seconds = (tookMs / 1_000).toFixed(1);
  if (typeof result === 'string') {
    const line = `✘ ${row([lesson.folder, subject.name, '', result, '', seconds])}`;
    console.log(red(line));
    return line;
  }
  totals.add(lesson.folder, tookMs, result);
  const { right, expected, got } = judge(lesson, subject, result, part);
  const short = subject.role === 'starter' ? `${lesson.starterFails.length} behaviours fail` : expected;
  const cells = [lesson.folder, subject.name, right ? short : expected, right ? 'as expected' : got];
  const line = row([...cells, margins(subject, result), seconds]);
  if (right) {
    console.log(`${green('✔')} ${line}`);
    return;
  }
  console.log(red(`✘ ${line}`));
  const behaviours = [...result.behaviours, ...result.further.behaviours].filter(
    (b) => !['pass', 'not-run'].includes(b.outcome),
  );
  console.log(dim(JSON.stringify({ behaviours, load: result.load }, null, 1)));
  return `✘ ${line}`;
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
