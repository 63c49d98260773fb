import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bootId, machineId } from './machine-id.ts';
import { marked } from './mark.ts';
import { killNow, type ProcessRow, processTable, stillAlive, taggedProcesses, treeOf } from './processes.ts';
import { type Adopted, type Owner, readAdopted, readFolders, readMark, readOwner } from './run-files.ts';
import { removeLeftSegments } from './shared-memory.ts';

/** The variable in the environment of all that a run starts, with the run's id. */
export const runTag = 'ENCORE_RUN';
/** A run's folder has no owner for some milliseconds only. */
const abandonedAfterMs = 60_000;
/** By then nobody works any more with the folder of a run of another machine or container that shares it with us. */
const foreignAfterMs = 24 * 60 * 60_000;
/** How long those that were asked to end may take, before they are killed, and how long all of it may take. */
const askedForMs = 1_500;
const endedWithinMs = 2_000;

/** `own`: of this command, or of the one that this reaper waits for. `dead`: of another one, which has ended. */
type Whose = 'own' | 'dead';

/** What of a run still lives, and who of it is asked before it is killed. */
export interface ToEnd {
  pids: number[];
  asked: Adopted[];
  /** What of the run's list could not be read: whoever stands there is left alone. */
  problem?: string;
}

/**
 * The processes of a run that still live: those that carry its tag, and those of its list, with all that came of them.
 * Never anybody else: a number counts only together with the start time of the process that had it.
 */
export function processesToEnd(dir: string, table: ProcessRow[] = processTable(), whose: Whose = 'dead'): ToEnd {
  const { processes, problem } = readAdopted(dir);
  const pids = new Set(tagged(dir, table).map((row) => row.pid));
  if (whose === 'own') for (const row of strays(dir, table)) pids.add(row.pid);
  for (const root of processes) for (const row of treeOf(root, table)) pids.add(row.pid);
  pids.delete(process.pid);
  const zombies = new Set(table.filter((row) => row.zombie).map((row) => row.pid));
  const alive = [...pids].filter((pid) => !zombies.has(pid));
  const asked = processes.filter(({ signal, pid }) => signal !== 'SIGKILL' && alive.includes(pid));
  return { pids: alive, asked, ...(problem ? { problem } : {}) };
}

/**
 * The processes of a living run that have left the tree of its command, whatever session and environment they have by now.
 * Linux only. Of a dead run nobody knows whether its mark has been given to another one since.
 */
export function strays(dir: string, table: ProcessRow[] = processTable()): ProcessRow[] {
  const [owner, mark] = [readOwner(dir), readMark(dir)];
  if (!owner || mark === undefined) return [];
  const young = table.filter((row) => row.startedAt >= owner.startedAt && row.pid !== process.pid);
  const parents = new Map(table.map((row) => [row.pid, row.ppid]));
  const isBelow = (pid: number): boolean => {
    for (let at = pid; at > 1; at = parents.get(at) ?? 0) if (at === owner.pid) return true;
    return false;
  };
  return marked(
    mark,
    young.filter((row) => !isBelow(row.pid)),
  );
}

function tagged(dir: string, table: ProcessRow[]): ProcessRow[] {
  const id = basename(dir).slice(-12);
  if (!/^[\w-]{6,}$/.test(id)) return [];
  // Whatever a run has started is younger than the command that opened it; the others need not be looked at.
  const owner = readOwner(dir);
  const young = owner ? table.filter((row) => row.startedAt >= owner.startedAt) : table;
  return taggedProcesses(`${runTag}=${id}`, young);
}

/** Ends everything a run has started, and waits until it is gone. Returns what of its list could not be read. */
export async function endProcesses(dir: string, whose: Whose = 'own'): Promise<string | undefined> {
  const asked = new Set<number>();
  let said: string | undefined;
  const from = performance.now();
  while (performance.now() - from < endedWithinMs) {
    const table = processTable();
    const toEnd = processesToEnd(dir, table, whose);
    said ??= toEnd.problem;
    if (toEnd.pids.length === 0) break;
    const spared = performance.now() - from < askedForMs ? askFirst(toEnd.asked, table, asked) : new Set();
    killNow(toEnd.pids.filter((pid) => !spared.has(pid)));
    await goneWithin(
      table.filter((row) => toEnd.pids.includes(row.pid)),
      200,
    );
  }
  return said;
}

/** Looks at these processes only: a look at all of them costs milliseconds. Then others may have come of them. */
async function goneWithin(processes: ProcessRow[], deadlineMs: number): Promise<void> {
  const from = performance.now();
  while (stillAlive(processes).length > 0 && performance.now() - from < deadlineMs) await delay(10);
}

/** Asks the processes that want to be asked to end, once. Returns them and what came of them. */
function askFirst(wanting: Adopted[], table: ProcessRow[], asked: Set<number>): Set<number> {
  const spared = new Set<number>();
  for (const one of wanting) {
    try {
      if (!asked.has(one.pid)) process.kill(one.pid, one.signal);
    } catch {} // It ended this very moment.
    asked.add(one.pid);
    for (const row of treeOf(one, table)) spared.add(row.pid);
  }
  return spared;
}

/**
 * Ends a run: its processes, what they leave in the kernel, then its folder. Nobody may start more of them any longer.
 * @returns what of its list could not be read.
 */
export async function closeRun(dir: string, whose: Whose = 'own'): Promise<string | undefined> {
  const problem = await endProcesses(dir, whose);
  await removeLeftSegments(dir);
  deleteFolders(dir);
  return problem;
}

function deleteFolders(dir: string): void {
  for (const folder of [...readFolders(dir), dir]) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  }
}

/**
 * Ends and deletes what a SIGKILL of a command and of its reaper left behind.
 * @returns a sentence for each run whose list could not be read.
 */
export async function sweepDeadRuns(runsDir: string): Promise<string[]> {
  const said: string[] = [];
  for (const name of readdirSync(runsDir)) {
    const dir = join(runsDir, name);
    try {
      const owner = readOwner(dir);
      if (!owner || owner.machine !== machineId()) {
        // Being opened or closed by another command this very moment, or abandoned by one that was ended right then. Or
        // nobody knows whose it is: of a machine whose processes we can't see, or with an owner that can't be read.
        const keptMs = existsSync(join(dir, 'owner')) ? foreignAfterMs : abandonedAfterMs;
        if (Date.now() - statSync(dir).mtimeMs > keptMs) deleteFolders(dir);
      } else if (!lives(owner)) {
        // Whoever has a number from before the last start of the machine got it since.
        const problem = owner.boot === bootId() ? await closeRun(dir, 'dead') : deleteFolders(dir);
        if (problem) said.push(problem);
      }
    } catch {} // Closed by its own command meanwhile, or unknown whether it is: the next command looks again.
  }
  return said;
}

function lives(owner: Owner): boolean {
  if (process.platform !== 'win32') return stillAlive([owner]).length > 0;
  try {
    return process.kill(owner.pid, 0); // Windows tells no start times.
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
