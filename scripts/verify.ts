import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Lesson } from '../checks/harness/lesson.ts';
import type { CheckResult } from '../checks/harness/result.ts';
import type { Run } from '../checks/harness/run.ts';
import { keepOneCoreBusy } from './busy.ts';
import type { Command } from './cli.ts';
import { judge, margins } from './expectation.ts';
import { findLesson, readLessons } from './lesson-list.ts';
import { withRun } from './session.ts';
import { bold, dim, duration, green, red } from './style.ts';
import { type Subject, subjectsOf } from './subjects.ts';
import { UsageError } from './usage-error.ts';

/** Apps judged side by side when no load is run. */
const lanesWithoutLoad = 3;

export const command: Command = {
  summary:
    "The authors' proof: starters fail as declared, solutions and other ways pass, wrong turns fail for their reason.",
  takes: '[lesson-N …]',
  flags: {
    repeat: { summary: 'judge each subject N times and count flipped verdicts', value: 'N' },
    busy: { summary: 'keep one core busy meanwhile' },
    'no-load': { summary: 'behaviours only' },
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
      return !(noLoad && subject.role === 'wrong-turn' && subject.expects.behaviour === 'load');
    };
    const startedAt = performance.now();
    return withRun(async (run) => {
      if (args.has('busy')) keepOneCoreBusy(run);
      let right = 0;
      let wrong = 0;
      console.log(bold(`  ${row(['lesson', 'subject', 'expected', 'got', 'smallest margin', 'seconds'])}`));
      for (const lesson of chosen) {
        const verdicts = async (subject: Subject) => {
          for (let round = 0; round < repeat; round++) {
            // The starter's load is run for its margins, and those don't flip.
            const withoutLoad = noLoad || (subject.role === 'starter' && round > 0);
            if (await verifyOnce(run, lesson, subject, withoutLoad)) right++;
            else wrong++;
          }
        };
        const subjects = subjectsOf(lesson, join(run.dir, 'subjects')).filter((subject) => wanted(subject));
        // Behaviours mostly wait, so several apps can be judged side by side; loads and CPU work can't.
        const lanes = noLoad && !lesson.cpuBound ? lanesWithoutLoad : 1;
        const queue = subjects.values();
        await Promise.all(
          Array.from({ length: lanes }, async () => {
            for (const subject of queue) await verdicts(subject);
          }),
        );
      }
      const conditions = [repeat > 1 ? `each ${repeat} times` : '', args.has('busy') ? 'one core kept busy' : '']
        .filter(Boolean)
        .join(', ');
      console.log();
      console.log(
        `${right} verdicts right, ${wrong} wrong${conditions ? ` (${conditions})` : ''}, in ${duration(performance.now() - startedAt)}`,
      );
      return wrong === 0 && right > 0 ? 0 : 1;
    });
  },
};

async function verifyOnce(run: Run, lesson: Lesson, subject: Subject, noLoad: boolean): Promise<boolean> {
  // The starter is judged whole, for the list of what it fails and for its margins; the others as a learner's app is.
  const flags = [
    ...(subject.role === 'starter' ? ['--all', ...(noLoad ? [] : ['--load-anyway'])] : []),
    ...(noLoad ? ['--no-load'] : []),
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
