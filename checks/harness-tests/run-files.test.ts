import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOf, type ProcessRow, processTree, treeOf } from '../harness/os/processes.ts';
import { processesToEnd, sweepDeadRuns } from '../harness/os/run-end.ts';
import { readAdopted, readOwner, writeAdopted, writeOwner } from '../harness/os/run-files.ts';

// Nothing is ended here: what would be ended is only asked. The same on real processes: dead-run.test.ts.

const row = (pid: number, ppid: number, pgid: number, startedAt: number): ProcessRow => ({
  pid,
  ppid,
  pgid,
  startedAt,
  zombie: false,
  cpuMs: 0,
  childrenCpuMs: 0,
});
/** A machine with somebody's shell, a program in it that has the number of one of ours, and what we have started. */
const machine = [
  row(1, 0, 1, 3),
  row(2, 0, 0, 3),
  row(3, 2, 0, 3),
  row(700, 1, 700, 5_000), // A shell.
  row(710, 700, 710, 6_000), // A program in it.
  row(711, 710, 710, 6_000),
  row(4_000, 1, 4_000, 90_000), // Ours.
  row(4_001, 4_000, 4_000, 90_010),
  row(4_002, 4_001, 4_002, 90_020),
];

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'encore-run-files-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const list = () => join(dir, 'processes');
const ours = { pid: 4_000, startedAt: 90_000, signal: 'SIGKILL' } as const;
/** The list as it is written, and then broken. */
const written = () => {
  writeAdopted(dir, ours);
  return readFileSync(list(), 'utf8');
};

describe('the processes of a run that would be ended', () => {
  it('are those of its list, and all that came of them', () => {
    writeAdopted(dir, ours);
    expect(processesToEnd(dir, machine)).toEqual({ pids: [4_000, 4_001, 4_002], asked: [] });
  });

  it('are also those of a group whose leader has ended', () => {
    writeAdopted(dir, ours);
    const orphans = [row(4_001, 1, 4_000, 90_010), row(4_002, 4_001, 4_002, 90_020)];
    expect(processesToEnd(dir, [...machine.slice(0, 6), ...orphans]).pids).toEqual([4_001, 4_002]);
  });

  it.each<[string, () => void, says: RegExp | undefined]>([
    ['no list at all', () => {}, undefined],
    ['an empty one, as a full disk leaves it', () => writeFileSync(list(), ''), /it is empty/],
    ['nothing but white space', () => writeFileSync(list(), ' \n\t\n \n'), /not every line/],
    ['nothing but line ends', () => writeFileSync(list(), '\n\n\n'), /it is empty/],
    ['a pid that was torn', () => writeFileSync(list(), '71'), /not every line/],
    ['a line without its last byte', () => truncateSync(list(), written().length - 2), /not every line/],
    ['a start time that was torn', () => writeFileSync(list(), '710 60'), /not every line/],
    ['a whole line of the form without a seal', () => writeFileSync(list(), '710 6000 SIGKILL\n'), /not every line/],
    ['another pid under the old seal', () => writeFileSync(list(), written().replaceAll('4000', '710')), /not every/],
    ['binary junk', () => writeFileSync(list(), Buffer.from([0, 255, 10, 48, 10, 49, 10, 0, 10])), /not every line/],
    ['zeros, as a crash leaves them', () => writeFileSync(list(), Buffer.alloc(4_096)), /not every line/],
    ['a folder in its place', () => mkdirSync(list()), /can't be read \(EISDIR\)/],
    ['pid 0', () => writeAdopted(dir, { ...ours, pid: 0 }), /not every line/],
    ['pid 1', () => writeAdopted(dir, { ...ours, pid: 1, startedAt: 3 }), /not every line/],
    ['pid -1', () => writeAdopted(dir, { ...ours, pid: -1 }), /not every line/],
    ['no number', () => writeAdopted(dir, { ...ours, pid: Number.NaN }), /not every line/],
    ['no start time', () => writeAdopted(dir, { pid: 710, startedAt: 0, signal: 'SIGKILL' }), /not every line/],
    ['an unknown signal', () => writeAdopted(dir, { ...ours, signal: 'SIGWHAT' as NodeJS.Signals }), /not every line/],
    ['a pid that a stranger has by now', () => writeAdopted(dir, { ...ours, pid: 710 }), undefined],
    ['a group number that nobody has', () => writeAdopted(dir, { ...ours, pid: 60_000 }), undefined],
  ])('are none with %s', (_what, breakIt, says) => {
    breakIt();
    const strangers = machine.filter(({ pid }) => pid < 4_000);
    const toEnd = processesToEnd(dir, strangers);
    expect(toEnd).toMatchObject({ pids: [], asked: [] });
    if (says) expect(toEnd.problem).toMatch(says);
    else expect(toEnd.problem).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('are none when nobody may read the list', () => {
    written();
    chmodSync(list(), 0);
    expect(processesToEnd(dir, machine)).toMatchObject({ pids: [], problem: expect.stringContaining('EACCES') });
  });

  it('are still those of the lines that are whole', () => {
    const text = written();
    for (const junk of ['71', text.trim().slice(0, 9), '0 0 SIGKILL\n', '\0\n']) {
      writeFileSync(list(), junk);
      writeAdopted(dir, ours);
      expect(processesToEnd(dir, machine)).toMatchObject({ pids: [4_000, 4_001, 4_002], problem: expect.anything() });
    }
  });

  it('name the signal of those that are asked first', () => {
    writeAdopted(dir, { ...ours, signal: 'SIGQUIT' });
    expect(processesToEnd(dir, machine).asked).toEqual([{ ...ours, signal: 'SIGQUIT' }]);
  });
});

describe('the tree of a process', () => {
  it.each([0, 1, -1, Number.NaN, 1.5])('is nobody for %d', (pid) => {
    expect(processTree(pid, machine)).toEqual([]);
    expect(treeOf({ pid, startedAt: 3 }, machine)).toEqual([]);
  });

  it('is nobody once another process has its number', () => {
    expect(treeOf({ pid: 710, startedAt: 5_999 }, machine)).toEqual([]);
    expect(treeOf({ pid: 710, startedAt: 6_000 }, machine).map(({ pid }) => pid)).toEqual([710, 711]);
  });
});

describe.skipIf(process.platform === 'win32')('an earlier run', () => {
  const folderOf = (name: string) => {
    const folder = join(dir, name);
    mkdirSync(folder);
    return folder;
  };

  it('is left alone while its command lives', async () => {
    const folder = folderOf('0123456789ab');
    writeOwner(folder, identityOf(process.pid) ?? { pid: 0, startedAt: 0 });
    await sweepDeadRuns(dir);
    expect(existsSync(folder)).toBe(true);
  });

  it('is deleted when its command is gone, and what is broken of it is said once', async () => {
    const { pid = 0 } = spawnSync(process.execPath, ['--version']);
    const folder = folderOf('0123456789ab');
    writeOwner(folder, { pid, startedAt: 1 });
    appendFileSync(join(folder, 'processes'), '0');
    expect(await sweepDeadRuns(dir)).toEqual([expect.stringMatching(/processes: not every line of it is whole/)]);
    expect(existsSync(folder)).toBe(false);
    expect(await sweepDeadRuns(dir)).toEqual([]);
  });

  it.each(['', '0 0', '1 3 x -', 'junk\n'])('with the owner %j is not taken for a dead one', async (owner) => {
    const folder = folderOf('0123456789ab');
    writeFileSync(join(folder, 'owner'), owner);
    expect(readOwner(folder)).toBeUndefined();
    await sweepDeadRuns(dir);
    expect(existsSync(folder)).toBe(true);
  });

  it('keeps whole lines of several writers apart', async () => {
    const writer = fileURLToPath(new URL('../harness/os/run-files.ts', import.meta.url));
    const script = `
      const { writeAdopted } = await import(${JSON.stringify(writer)});
      for (let pid = 2; pid < 200; pid++) writeAdopted(${JSON.stringify(dir)}, { pid, startedAt: 7, signal: 'SIGTERM' });`;
    const writers = Array.from({ length: 3 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }),
    );
    await Promise.all(writers.map((child) => new Promise((resolve) => child.once('exit', resolve))));
    expect(readAdopted(dir)).not.toHaveProperty('problem');
    expect(readAdopted(dir).processes).toHaveLength(3 * 198);
  });
});
