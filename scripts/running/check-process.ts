import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
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
  const child = spawn(process.execPath, [script, command, String(lesson.number), '--json', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...run.env },
  });
  run.adopt(child);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  if (isStopping()) return new Promise(() => {});
  try {
    return JSON.parse(output) as CheckResult;
  } catch {
    return `the check printed no result: ${(errors || output).slice(-400)}`;
  }
}
