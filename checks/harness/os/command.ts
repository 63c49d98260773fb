import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Run } from './run.ts';

/** How a command ended, with everything that it wrote. */
export interface CommandResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** What a command runs in. `run` is left out where the command only looks and ends by itself. */
export interface CommandOptions {
  env: NodeJS.ProcessEnv;
  limitMs: number;
  cwd?: string;
  run?: Run;
  /** The signal that ends it in an orderly way, if the run ends before it. */
  askFirst?: NodeJS.Signals;
  /** Another user to run it as; only root can. */
  uid?: number;
  gid?: number;
}

/** Runs a command to its end. Rejects when it can't be started, or is not done in time: then its whole group is ended. */
export function runCommand(file: string, args: string[], options: CommandOptions): Promise<CommandResult> {
  const { env, limitMs, cwd, run, askFirst, uid, gid } = options;
  const name = file.split(/[\\/]/).at(-1);
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd,
      env: { ...env, ...run?.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // Its own group: apt-get downloads in children of its own.
      windowsHide: true,
      uid,
      gid,
    });
    run?.adopt(child, askFirst);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const limit = setTimeout(() => {
      signalGroup(child, 'SIGKILL');
      reject(new Error(`${name} ${args[0] ?? ''} was not done after ${Math.round(limitMs / 1000)} s`));
    }, limitMs);
    child.once('error', (error) => {
      clearTimeout(limit);
      reject(new Error(`${name} can't be started: ${error.message}`));
    });
    child.once('close', (exitCode) => {
      clearTimeout(limit);
      resolve({ exitCode, stdout, stderr });
    });
  });
}

/** Signals a child that was spawned with `detached: true`, and its children: a wrapper script may stand before a server. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {} // It ended this very moment.
}

/** The first of the named programs that PATH holds, as a full path. */
export function findOnPath(names: string[], env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter(Boolean);
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  for (const name of names) {
    for (const folder of folders) {
      for (const ending of endings) {
        const file = join(folder, name + ending);
        if (isExecutable(file)) return file;
      }
    }
  }
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
