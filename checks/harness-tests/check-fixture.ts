import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { CheckResult } from '../harness/model/result.ts';
import { processTable, taggedProcesses } from '../harness/os/processes.ts';
import { fakeRun } from './services/fake-run.ts';

/** Where the misbehaving apps are, each with a `src/server.ts`. */
export const appsDir = fileURLToPath(new URL('./apps/', import.meta.url));

/** Checks an app with the fixture's check in a process of its own, as a learner would. NAME=value is for its environment. */
export function checkApp(name: string, ...args: string[]): Promise<CheckResult> {
  return checkDir(appsDir + name, ...args);
}

/** The same for an app in any folder. */
export async function checkDir(dir: string, ...args: string[]): Promise<CheckResult> {
  const child = startCheckOf(dir, ...args);
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(output) as CheckResult;
}

/** The same for a copy of an app, which may change its own files. Of those given here null is one that is not there. */
export async function checkCopy(
  name: string,
  files: Record<string, string | null>,
  ...args: string[]
): Promise<CheckResult> {
  await using run = fakeRun();
  const dir = join(run.dir, 'app');
  cpSync(appsDir + name, dir, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    if (content === null) rmSync(join(dir, file));
    else writeFileSync(join(dir, file), content);
  }
  return await checkDir(dir, ...args); // Without await its folder would go first.
}

/** The same, without waiting for it. */
export function startCheck(name: string, ...args: string[]) {
  return startCheckOf(appsDir + name, ...args);
}

function startCheckOf(dir: string, ...args: string[]) {
  const script = fileURLToPath(new URL('./check-app.ts', import.meta.url));
  const variables = args.filter((arg) => arg.includes('=')).map((arg) => arg.split('=', 2) as [string, string]);
  const flags = args.filter((arg) => !arg.includes('='));
  return spawn(process.execPath, [script, dir, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...Object.fromEntries(variables) },
  });
}

/** Pids of processes that run one of the misbehaving apps. */
export function runningApps(name: string): number[] {
  const fromFolder = `${appsDir}${name}`;
  return taggedProcesses(`PWD=${fromFolder}`, processTable()).map((row) => row.pid);
}
