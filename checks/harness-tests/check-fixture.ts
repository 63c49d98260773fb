import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { processTable, taggedProcesses } from '../harness/processes.ts';
import type { CheckResult } from '../harness/result.ts';

/** Where the misbehaving apps are, each with a `src/server.ts`. */
export const appsDir = fileURLToPath(new URL('./apps/', import.meta.url));

/** Checks an app with the fixture's check in a process of its own, as a learner would. */
export async function checkApp(name: string, ...flags: string[]): Promise<CheckResult> {
  const child = startCheck(name, ...flags);
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(output) as CheckResult;
}

/** The same, without waiting for it. */
export function startCheck(name: string, ...flags: string[]) {
  const script = fileURLToPath(new URL('./check-app.ts', import.meta.url));
  return spawn(process.execPath, [script, appsDir + name, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Pids of processes that run one of the misbehaving apps. */
export function runningApps(name: string): number[] {
  const fromFolder = `${appsDir}${name}`;
  return taggedProcesses(`PWD=${fromFolder}`, processTable()).map((row) => row.pid);
}
