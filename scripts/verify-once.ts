import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Lesson } from '../checks/harness/lesson.ts';
import type { CheckResult } from '../checks/harness/result.ts';
import type { Run } from '../checks/harness/run.ts';
import { judge, margins } from './expectation.ts';
import { dim, green, red } from './style.ts';
import type { Subject } from './subjects.ts';

/** One verdict to come. */
export interface Job {
  lesson: Lesson;
  subject: Subject;
  withLoad: boolean;
}

/** Judges a subject in a process of its own, prints its row, and tells whether the verdict is the right one. */
export async function verifyOnce(run: Run, { lesson, subject, withLoad }: Job): Promise<boolean> {
  // The starter is judged whole, for the list of what it fails and for its margins; the others as a learner's app is.
  // A wrong turn that holds every behaviour meets no load: it has not failed, which is wrong enough.
  const flags = [
    ...(subject.role === 'starter' ? ['--all'] : []),
    ...(subject.role === 'starter' && withLoad ? ['--load-anyway'] : []),
    ...(withLoad ? [] : ['--no-load']),
  ];
  const startedAt = performance.now();
  const result = await checkInOwnProcess(run, lesson, subject.dir, flags);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  if (typeof result === 'string') {
    console.log(red(row([lesson.folder, subject.name, '', result, '', seconds])));
    return false;
  }
  const { right, expected, got } = judge(lesson, subject, result);
  const short = subject.role === 'starter' ? `${lesson.starterFails.length} behaviours fail` : expected;
  const line = row([
    lesson.folder,
    subject.name,
    right ? short : expected,
    right ? 'as expected' : got,
    margins(subject, result),
    seconds,
  ]);
  console.log(`${right ? green('✔') : red('✘')} ${right ? line : red(line)}`);
  if (!right)
    console.log(
      dim(
        JSON.stringify(
          { behaviours: result.behaviours.filter((b) => !['pass', 'not-run'].includes(b.outcome)), load: result.load },
          null,
          1,
        ),
      ),
    );
  return right;
}

async function checkInOwnProcess(
  run: Run,
  lesson: Lesson,
  dir: string,
  flags: string[],
): Promise<CheckResult | string> {
  const script = fileURLToPath(new URL('./workshop.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [script, 'check', String(lesson.number), '--subject', dir, '--json', ...flags],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, ...run.env },
    },
  );
  run.adopt(child);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  try {
    return JSON.parse(output) as CheckResult;
  } catch {
    return `the check printed no result: ${(errors || output).slice(-400)}`;
  }
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
