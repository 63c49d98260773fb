import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { descendantsOf } from '../harness/os/descendants.ts';
import { identityOf, isSame, processTable, processTree, rowsOf, stillAlive, treeOf } from '../harness/os/processes.ts';
import { rowsFromPs } from '../harness/os/ps.ts';

const slackOfPs = 1;

/** A parent in a group of its own, with a child; both are ended at the end of the test. */
async function family() {
  const parent = spawn(
    process.execPath,
    ['-e', "require('node:child_process').spawn('sleep', ['60']); console.log('up'); setInterval(() => {}, 1000)"],
    { detached: true, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  await new Promise((resolve) => parent.stdout.once('data', resolve));
  const pid = parent.pid ?? 0;
  return {
    pid,
    ended: new Promise((resolve) => parent.once('exit', resolve)),
    [Symbol.dispose]: () => {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {}
    },
  };
}

// macOS has no /proc, so what it lives by is tried here, too.
describe.skipIf(process.platform === 'win32')('the process table of ps', () => {
  it('holds this process and its parent', () => {
    const [own] = rowsFromPs([process.pid]);
    expect(own).toMatchObject({ pid: process.pid, ppid: process.ppid, zombie: false });
    expect(rowsFromPs().map(({ pid }) => pid)).toEqual(expect.arrayContaining([process.pid, process.ppid]));
  });

  it('tells when a process started, in seconds since 1970', () => {
    const startedAt = (Date.now() - performance.now()) / 1000;
    // performance.now() of a worker begins with the worker.
    const [own] = rowsFromPs([process.pid]);
    expect(own?.startedAt).toBeGreaterThan(startedAt - 24 * 3600);
    expect(own?.startedAt).toBeLessThanOrEqual(Date.now() / 1000 + slackOfPs);
  });

  it('has no row for who has ended, and gives two looks the same identity', async () => {
    using parent = await family();
    const [first] = rowsFromPs([parent.pid]);
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // Long enough for a clock that counts from now to differ.
    const [second] = rowsFromPs([parent.pid]);
    if (!first || !second) throw new Error('ps has no row for a process that lives');
    expect(isSame(first, second, slackOfPs)).toBe(true);
    expect(treeOf(first, rowsFromPs(), slackOfPs)).toHaveLength(2);
    expect(treeOf({ ...first, startedAt: first.startedAt - 60 }, rowsFromPs(), slackOfPs)).toEqual([]);
    process.kill(parent.pid, 'SIGKILL');
    await parent.ended;
    expect(rowsFromPs([parent.pid])).toEqual([]);
    // Its child is still a member of its group.
    expect(treeOf(first, rowsFromPs(), slackOfPs)).toHaveLength(1);
  });

  it.runIf(process.platform === 'linux')('says the same as /proc', async () => {
    using parent = await family();
    const shape = (rows: { pid: number; ppid: number; pgid: number }[]) =>
      rows.map(({ pid, ppid, pgid }) => ({ pid, ppid, pgid })).sort((a, b) => a.pid - b.pid);
    expect(shape(processTree(parent.pid, rowsFromPs()))).toEqual(shape(processTree(parent.pid)));
    expect(processTree(parent.pid)).toHaveLength(2);
  });

  it('reads times as macOS and as Linux write them', () => {
    const [own] = rowsFromPs([process.pid]);
    const { user, system } = process.cpuUsage();
    expect(own?.cpuMs).toBeGreaterThan((user + system) / 1000 - 2_000);
    expect(own?.cpuMs).toBeLessThan((user + system) / 1000 + 2_000);
  });
});

describe.skipIf(process.platform === 'win32')('a process that was known', () => {
  it('is alive until it ends, and never the one that has its number later', async () => {
    using parent = await family();
    const identity = identityOf(parent.pid);
    if (!identity) throw new Error('no identity');
    expect(stillAlive([identity])).toEqual([identity]);
    expect(stillAlive([{ ...identity, startedAt: identity.startedAt - 60 }])).toEqual([]);
    expect(rowsOf([parent.pid, 2 ** 30])).toHaveLength(1);
    process.kill(parent.pid, 'SIGKILL');
    await parent.ended;
    expect(stillAlive([identity])).toEqual([]);
    expect(treeOf(identity)).toHaveLength(1);
  });

  it('has descendants until it ends', async () => {
    using parent = await family();
    const identity = identityOf(parent.pid);
    if (!identity) throw new Error('no identity');
    const pids = () => descendantsOf(identity).map(({ pid }) => pid);
    expect(pids()).toEqual(processTree(parent.pid).flatMap(({ pid }) => (pid === parent.pid ? [] : [pid])));
    expect(pids()).toHaveLength(1);
    expect(descendantsOf({ ...identity, startedAt: identity.startedAt - 60 })).toEqual([]);
    const ofThis = identityOf(process.pid);
    if (process.platform === 'linux' && ofThis)
      expect(descendantsOf(ofThis)).not.toContainEqual(expect.objectContaining(ofThis));
    process.kill(parent.pid, 'SIGKILL');
    await parent.ended;
    expect(pids().filter((pid) => pid === parent.pid)).toEqual([]);
  });

  it.each([0, 1, -1, undefined])('has no identity as %j', (pid) => expect(identityOf(pid)).toBeUndefined());

  it('is nobody without a start time', () => {
    expect(isSame({ pid: 5, startedAt: 0 }, { pid: 5, startedAt: 0 })).toBe(false);
    expect(processTable().length).toBeGreaterThan(1);
  });
});
