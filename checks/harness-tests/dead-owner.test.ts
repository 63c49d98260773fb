import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDead, thisOwner } from '../harness/os/owner.ts';
import { commandOf, type ProcessIdentity, rowsOf } from '../harness/os/processes.ts';
import { sweepDeadRuns } from '../harness/os/run-end.ts';
import { writeAdopted, writeOwner } from '../harness/os/run-files.ts';
import { leftSegments, removeLeftSegments, type Segment, sharedSegments } from '../harness/os/shared-memory.ts';

// Somebody who has ended, and whose parent takes no notice, as the first process of many containers: a zombie, which keeps
// its number and its start time.

let parent: ChildProcess;
let zombie: ProcessIdentity;
let dir: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'encore-dead-owner-'));
  if (process.platform !== 'linux') return;
  parent = spawn('sh', ['-c', 'cat <&3 >&2 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] });
  for await (const line of createInterface(parent.stdout as NodeJS.ReadableStream)) {
    await expect.poll(() => commandOf(parent.pid ?? 0)).toBe('sleep 60'); // A shell would take notice.
    (parent.stdio[3] as Writable).end();
    await expect.poll(() => rowsOf([Number(line)])[0]?.zombie).toBe(true);
    const [row] = rowsOf([Number(line)]);
    zombie = { pid: Number(line), startedAt: row?.startedAt ?? 0 };
    break;
  }
});
afterEach(() => {
  parent?.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

describe.runIf(process.platform === 'linux')('a command that has ended and is still a zombie', () => {
  it('is dead: its run is swept', async () => {
    const run = join(dir, '0123456789ab');
    mkdirSync(run);
    writeOwner(run, zombie);
    await sweepDeadRuns(dir);
    expect(existsSync(run)).toBe(false);
  });

  it('is dead: its database may be cleaned', () => {
    expect(isDead({ ...thisOwner(), ...zombie })).toBe(true);
    expect(isDead(thisOwner())).toBe(false);
  });
});

describe.runIf(process.platform === 'linux')('shared memory that a run has left', () => {
  const begunAtS = 1_800_000_000;
  const left = (more: Partial<Segment> = {}): Segment => ({
    id: 7,
    bytes: 56,
    creator: zombie.pid,
    users: 0,
    madeAtS: begunAtS + 1,
    ...more,
  });
  beforeEach(() => {
    writeOwner(dir, { pid: process.pid, startedAt: 1 });
    utimesSync(join(dir, 'owner'), begunAtS, begunAtS);
  });

  it('is what a dead process of its list has made', () => {
    expect(leftSegments(dir, [left()])).toEqual([]);
    writeAdopted(dir, { ...zombie, signal: 'SIGQUIT' });
    expect(leftSegments(dir, [left()])).toEqual([left()]);
  });

  it('is what a server has made that initdb had started, known by its data folder', () => {
    mkdirSync(join(dir, 'postgres-x', 'made'), { recursive: true });
    writeFileSync(join(dir, 'postgres-x', 'made', 'postmaster.pid'), `${-zombie.pid}\n/data\n`);
    expect(leftSegments(dir, [left()])).toEqual([left()]);
  });

  it.each([
    ['of another size', { bytes: 4096 }],
    ['older than the run', { madeAtS: begunAtS - 1 }],
    ['of somebody who lives', { creator: process.pid }],
    ['of somebody else', { creator: 1 }],
    ['of nobody', { creator: 0 }],
  ])('is none that is %s', (_what, more) => {
    writeAdopted(dir, { ...zombie, signal: 'SIGQUIT' });
    writeAdopted(dir, { pid: process.pid, startedAt: 1, signal: 'SIGQUIT' });
    expect(leftSegments(dir, [left(more)])).toEqual([]);
  });

  it('is removed when the last killed server has let go of it, and not while one uses it', async () => {
    const id = Number(/\d+/.exec(spawnSync('ipcmk', ['-M', '56'], { encoding: 'utf8' }).stdout)?.[0]);
    const isThere = () => sharedSegments().some((segment) => segment.id === id);
    writeAdopted(dir, { ...zombie, signal: 'SIGQUIT' });
    const seen: boolean[] = [];
    await removeLeftSegments(dir, () => {
      seen.push(isThere());
      return [left({ id, users: 3 - seen.length })];
    });
    expect(seen).toEqual([true, true, true]);
    expect(isThere()).toBe(false);
  });
});
