import { fileURLToPath } from 'node:url';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import type { Run } from '../../checks/harness/os/run.ts';
import { isStopping } from './session.ts';

/**
 * `npm run check`, or `npm run load`, in a process of its own, as a learner would run it.
 * @returns its result, or what it said instead of one. Nothing any more once this process was told to stop, or one check after
 * the other would be started and ended.
 */
export async function checkInOwnProcess(
  run: Run,
  lesson: Lesson,
  flags: string[],
  command: 'check' | 'load' = 'check',
): Promise<CheckResult | string> {
  const script = fileURLToPath(new URL('../workshop.js', import.meta.url));
  const child = await run.spawn(process.execPath, [script, command, String(lesson.number), '--json', ...flags], {
    env: process.env,
  });
  let output = '';
  child.process.stdout?.on('data', (text: string) => {
    output += text;
  });
  await child.closed;
  if (isStopping()) return new Promise(() => {});
  try {
    return JSON.parse(output) as CheckResult;
  } catch {
    return `the check printed no result: ${child.lastWords().slice(-400)}`;
  }
}
