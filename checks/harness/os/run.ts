import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child, type ChildOptions } from './child.ts';
import { takeMark } from './mark.ts';
import { identityOf, rowsOf } from './processes.ts';
import { runTag, sweepDeadRuns } from './run-end.ts';
import { writeAdopted, writeFolder, writeMark, writeOwner } from './run-files.ts';
import { startFailure } from './start-failure.ts';

/** The repository's folder. */
export const repoDir = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '');
/** The only folder that the workshop writes to, besides node_modules and what a run lists in `deleteToo`. */
export const cacheDir = join(repoDir, '.workshop');
const runsDir = join(cacheDir, 'runs');

/**
 * One execution of a command that starts processes. Everything it starts is written to a list in its folder before
 * anything else happens, so that whoever comes last (the command, its reaper, or the next command) can end it.
 */
export interface Run {
  id: string;
  /** Scratch folder, deleted with the run. */
  dir: string;
  /** To be merged into the environment of every child: the reaper finds strays by it. */
  env: Record<string, string>;
  /**
   * Starts a process that belongs to the run: it carries the run's tag beside `env`, leads a group of its own, and ends with
   * the run at the latest.
   * @throws {StartFailure} when it can't be started.
   */
  spawn(file: string, args: string[], options: ChildOptions): Promise<Child>;
  /**
   * Registers a child that was spawned with `detached: true`. With `askFirst` it gets that signal and a moment before it
   * is killed: for a server that holds what the kernel does not free by itself.
   */
  adopt(child: ChildProcess, askFirst?: NodeJS.Signals): void;
  /** Registers a scratch folder outside `dir`, to be deleted with the run. Its name starts with "encore-". */
  deleteToo(folder: string): void;
}

let reaper: ChildProcess | undefined;

/**
 * Tells the reaper that this process is about to exit. Node's own exit can hang while V8 or a native library still
 * works in other threads; then the reaper ends this process, too.
 */
export function announceExit(withinMs: number): void {
  reaper?.stdin?.write(`${withinMs}\n`);
}

/**
 * Opens a run: a scratch folder and a reaper that outlives this process by some milliseconds.
 * @param say is told what an earlier run left that could not be ended.
 */
export async function openRun(say: (sentence: string) => void = () => {}): Promise<Run> {
  mkdirSync(runsDir, { recursive: true });
  for (const problem of await sweepDeadRuns(runsDir)) say(problem);
  const id = randomBytes(6).toString('hex');
  const dir = join(runsDir, id);
  // In this order: as soon as there is a folder there is somebody who deletes it, and who carries the run's mark for as long
  // as it ends what carries it.
  const mark = takeMark();
  reaper = await startReaper(dir);
  try {
    mkdirSync(dir, { recursive: true });
    writeOwner(dir, { pid: process.pid, startedAt: rowsOf([process.pid])[0]?.startedAt ?? 0 });
    if (mark !== undefined) writeMark(dir, mark);
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
  // Vitest keeps a token in the user's data folder; ours is the only folder that the workshop writes to.
  process.env.XDG_DATA_HOME = join(cacheDir, 'data');
  process.env.LOCALAPPDATA = join(cacheDir, 'data');
  return runIn(dir);
}

/** Lets the reaper of a run end that is closed, where this process opens another one after it. */
export function dismissReaper(): void {
  reaper?.stdin?.end();
  reaper = undefined;
}

/** It waits for the end of its standard input, which the kernel closes however this process dies. */
async function startReaper(dir: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./reaper.ts', import.meta.url)), dir], {
    detached: true, // Not in our group: a Ctrl-C must not reach it.
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (child.pid === undefined) {
    const [error] = await once(child, 'error');
    throw startFailure(process.execPath, undefined, error);
  }
  child.on('error', () => {});
  child.stdin?.on('error', () => {}); // It was ended: the next command cleans up.
  child.unref();
  (child.stdin as { unref?: () => void } | null)?.unref?.();
  return child;
}

/** The run in this folder: a thread is handed the folder by whoever has opened the run, because functions can't be sent. */
export function runIn(dir: string): Run {
  const id = basename(dir);
  const adopt: Run['adopt'] = (child, askFirst = 'SIGKILL') => {
    const identity = identityOf(child.pid);
    if (identity) writeAdopted(dir, { ...identity, signal: askFirst });
  };
  return {
    id,
    dir,
    env: { [runTag]: id },
    spawn: (file, args, { env, ...options }) =>
      Child.start(file, args, { ...options, env: { ...env, [runTag]: id } }, adopt),
    adopt,
    deleteToo: (folder) => writeFolder(dir, folder),
  };
}
