import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isOrdinary, rowsOf } from './processes.ts';
import { readAdopted, readFolders } from './run-files.ts';

// Linux frees almost everything that a killed process held. A segment of System V shared memory is the exception: it stays
// until somebody removes it or the machine restarts. Each PostgreSQL server makes one, and removes it unless it is killed.

/** A segment, as /proc/sysvipc/shm tells of it. */
export interface Segment {
  id: number;
  bytes: number;
  creator: number;
  /** How many processes use it. */
  users: number;
  madeAtS: number;
}

/** What PostgreSQL's has, on every 64-bit system. */
const postgresBytes = 56;

/** Linux only, elsewhere none. */
export function sharedSegments(): Segment[] {
  if (process.platform !== 'linux') return [];
  try {
    const [, ...rows] = readFileSync('/proc/sysvipc/shm', 'utf8').trim().split('\n');
    return rows.map((row) => {
      const at = row.trim().split(/\s+/).map(Number);
      const [, id = -1, , bytes = 0, creator = 0, , users = -1] = at;
      return { id, bytes, creator, users, madeAtS: at[13] ?? 0 };
    });
  } catch {
    return []; // A kernel without them.
  }
}

/** A killed process lets go of it some milliseconds after it has left every list of processes. */
const letGoWithinMs = 1_000;

/**
 * The segments that a run's PostgreSQL servers have left: their maker belonged to the run and is dead, and they are no older
 * than the run. Everything else may be a stranger's.
 */
export function leftSegments(dir: string, segments = sharedSegments()): Segment[] {
  const likely = segments.filter(({ bytes }) => bytes === postgresBytes);
  if (likely.length === 0) return [];
  let begunAtS: number;
  try {
    begunAtS = Math.floor(statSync(join(dir, 'owner')).mtimeMs / 1_000);
  } catch {
    return []; // Nobody knows how old the run is.
  }
  const servers = new Set([...readAdopted(dir).processes.map(({ pid }) => pid), ...serversOfInitdb(dir)]);
  const lives = (pid: number) => rowsOf([pid]).some(({ zombie }) => !zombie);
  return likely.filter(
    ({ creator, madeAtS }) => isOrdinary(creator) && servers.has(creator) && !lives(creator) && madeAtS >= begunAtS,
  );
}

/** The servers that initdb starts are not in the run's list. Each writes its number into the data folder, perhaps negative. */
function serversOfInitdb(dir: string): number[] {
  return [...foldersIn(dir), ...readFolders(dir)].flatMap(foldersIn).flatMap((data) => {
    try {
      return [Math.abs(Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10))];
    } catch {
      return []; // No data folder, or no server has worked in it.
    }
  });
}

function foldersIn(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(dir, entry.name));
  } catch {
    return [];
  }
}

/**
 * Removes what `leftSegments` finds, once nobody uses it. Where there is no ipcrm they stay: 56 bytes each, until the machine
 * restarts.
 */
export async function removeLeftSegments(dir: string, read = sharedSegments): Promise<void> {
  for (const from = performance.now(); ; await delay(10)) {
    const left = leftSegments(dir, read());
    for (const { id, users } of left) if (users === 0) spawnSync('ipcrm', ['-m', String(id)], { stdio: 'ignore' });
    if (left.every(({ users }) => users === 0) || performance.now() - from > letGoWithinMs) return;
  }
}
