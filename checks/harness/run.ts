import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { killNow, processTable, processTree, taggedProcesses } from './processes.ts';

/** The repository's folder. */
export const repoDir = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
/** The only folder that the workshop writes to, besides node_modules. */
export const cacheDir = join(repoDir, '.workshop');
const runsDir = join(cacheDir, 'runs');
const tagName = 'ENCORE_RUN';
/** A run's folder has no owner for some milliseconds only. */
const abandonedAfterMs = 60_000;

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

/** Opens a run: a scratch folder and a reaper that outlives this process by some milliseconds. */
export function openRun(): Run {
  sweepDeadRuns();
  const id = randomBytes(6).toString('hex');
  const dir = join(runsDir, id);
  const owner = identity(process.pid);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'owner'), owner);
  // The reaper waits for the end of its standard input, which the kernel closes however this process dies.
  reaper = spawn(process.execPath, [fileURLToPath(new URL('./reaper.ts', import.meta.url)), dir], {
    detached: true, // Not in our group: a Ctrl-C must not reach it.
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  reaper.unref();
  (reaper.stdin as { unref?: () => void } | null)?.unref?.();
  process.env.ENCORE_RUN_DIR = dir;
  // Vitest keeps a token in the user's data folder; ours is the only folder that the workshop writes to.
  process.env.XDG_DATA_HOME = join(cacheDir, 'data');
  process.env.LOCALAPPDATA = join(cacheDir, 'data');
  return attachRun(dir);
}

/** The run that an enclosing process or thread has opened. */
export function attachRun(dir = process.env.ENCORE_RUN_DIR): Run {
  if (!dir) throw new Error('no run is open: ENCORE_RUN_DIR is not set');
  const id = dir.slice(-12);
  return {
    id,
    dir,
    env: { [tagName]: id },
    adopt: (child, askFirst = 'SIGKILL') => {
      if (child.pid) appendFileSync(join(dir, 'processes'), `${identity(child.pid)} ${askFirst}\n`);
    },
    deleteToo: (folder) => appendFileSync(join(dir, 'folders'), `${folder}\n`),
  };
}

/** Ends everything a run has started, and waits until it is gone. */
export async function endProcesses(dir: string): Promise<void> {
  const asked = new Set<number>();
  for (let attempt = 0; attempt < 100; attempt++) {
    const alive = survivors(dir);
    if (alive.length === 0) return;
    const spared = attempt < attemptsAfterAsking ? askFirst(dir, alive, asked) : new Set();
    killNow(alive.filter((pid) => !spared.has(pid)));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** How often we look for the end of those that were asked, every 20 ms, before they are killed. */
const attemptsAfterAsking = 75;

/** Asks the processes that want to be asked to end, once. Returns them and what came of them. */
function askFirst(dir: string, alive: number[], asked: Set<number>): Set<number> {
  const spared = new Set<number>();
  for (const { pid, signal } of adopted(dir)) {
    if (signal === 'SIGKILL' || !alive.includes(pid)) continue;
    try {
      if (!asked.has(pid)) process.kill(pid, signal);
    } catch {} // It ended this very moment.
    asked.add(pid);
    for (const row of processTree(pid)) spared.add(row.pid);
  }
  return spared;
}

/** Ends a run: its processes, then its folder. Nobody may start more of them any longer. */
export async function closeRun(dir: string): Promise<void> {
  await endProcesses(dir);
  deleteFolders(dir);
}

function deleteFolders(dir: string): void {
  const outside = readLines(join(dir, 'folders')).filter((folder) => basename(folder).startsWith('encore-'));
  for (const folder of [...outside, dir]) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  }
}

function readLines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

/** The processes that a run has registered, with the signal that ends each. */
function adopted(dir: string): { pid: number; startTicks: number; signal: NodeJS.Signals }[] {
  return readLines(join(dir, 'processes')).map((line) => {
    const [pid, startTicks, signal = 'SIGKILL'] = line.split(' ');
    return { pid: Number(pid), startTicks: Number(startTicks), signal: signal as NodeJS.Signals };
  });
}

/** Pids of a run's processes that still live. */
function survivors(dir: string): number[] {
  const table = processTable();
  const pids = new Set(taggedProcesses(`${tagName}=${dir.slice(-12)}`, table).map((row) => row.pid));
  for (const { pid, startTicks } of adopted(dir)) {
    const root = table.find((row) => row.pid === pid);
    // Another process may have got the number since; a group outlives its leader and keeps the number taken.
    if (root && startTicks && root.startTicks !== startTicks) continue;
    for (const row of processTree(pid, table)) pids.add(row.pid);
  }
  pids.delete(process.pid);
  return [...pids].filter((pid) => !table.find((row) => row.pid === pid)?.zombie);
}

/** What a SIGKILL of a command and of its reaper left behind. */
function sweepDeadRuns(): void {
  mkdirSync(runsDir, { recursive: true });
  for (const name of readdirSync(runsDir)) {
    const dir = join(runsDir, name);
    try {
      if (!existsSync(join(dir, 'owner'))) {
        // Being opened or closed by another command this very moment, or abandoned by one that was ended right then.
        if (Date.now() - statSync(dir).mtimeMs > abandonedAfterMs) rmSync(dir, { recursive: true, force: true });
        continue;
      }
      const [pid = 0, startTicks] = readFileSync(join(dir, 'owner'), 'utf8').split(' ').map(Number);
      const owner = processTable().find((row) => row.pid === pid);
      if (owner && owner.startTicks === startTicks) continue;
      killNow(survivors(dir));
      deleteFolders(dir);
    } catch {} // Closed by its own command meanwhile.
  }
}

function identity(pid: number): string {
  return `${pid} ${processTable().find((row) => row.pid === pid)?.startTicks ?? 0}`;
}
