import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { killNow, processTable, processTree, taggedProcesses } from './processes.ts';

/** The variable in the environment of all that a run starts, with the run's id. */
export const runTag = 'ENCORE_RUN';
/** A run's folder has no owner for some milliseconds only. */
const abandonedAfterMs = 60_000;
/** How often we look for the end of those that were asked, every 20 ms, before they are killed. */
const attemptsAfterAsking = 75;

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
  const pids = new Set(taggedProcesses(`${runTag}=${dir.slice(-12)}`, table).map((row) => row.pid));
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
export function sweepDeadRuns(runsDir: string): void {
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
