import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { coreTimesFromOs, coreTimesFromProc } from '../harness/measure/core-times.ts';
import { readCpuLimit } from '../harness/measure/cpu-limit.ts';
import {
  disturbance,
  disturbs,
  MachineWatch,
  readElsewhere,
  readLinux,
  readMachine,
  useBetween,
} from '../harness/measure/machine.ts';
import { fakeRun } from './services/fake-run.ts';

/** Files as Linux shows them, in a folder that stands for `/`. */
function lay(root: string, files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), `${text}\n`);
  }
}

/** Of each core: user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice, in ticks of 10 ms. */
const stat = (...cores: string[]) =>
  ['cpu  1 2 3 4', ...cores.map((ticks, at) => `cpu${at} ${ticks}`), 'ctxt 1'].join('\n');
const mayRunOn = (list: string) => `Name:\tnode\nCpus_allowed:\t3\nCpus_allowed_list:\t${list}\nMems_allowed_list:\t0`;

/** cpu.stat of version 2, in the form that the kernel gives it. */
const cpuStat = (pausedUs: number) =>
  `usage_usec 9031427\nuser_usec 8120113\nsystem_usec 911314\nnr_periods 212\nnr_throttled 147\nthrottled_usec ${pausedUs}\nnr_bursts 0\nburst_usec 0`;

describe.runIf(process.platform === 'linux')('what Linux says of its cores', () => {
  /** Reads twice, ten seconds apart, while this process used `ownMs`. */
  async function use(before: Record<string, string>, after: Record<string, string>, ownMs: number, usable: number) {
    await using run = fakeRun();
    lay(run.dir, before);
    const from = readLinux(run.dir);
    lay(run.dir, after);
    const to = readLinux(run.dir);
    return useBetween({ ...from, at: 0, ownMs: 0 }, { ...to, at: 10_000, ownMs }, usable);
  }

  it('tells other programs from our own, and the host from both', async () => {
    const before = {
      'proc/self/status': mayRunOn('0-1'),
      'proc/stat': stat('100 0 0 0 0 0 0 0 0 0', '0 0 0 0 0 0 0 50 0 0'),
    };
    const after = { 'proc/stat': stat('700 0 300 0 0 0 0 0 0 0', '200 0 0 0 0 0 0 250 0 0') };
    expect(await use(before, after, 8_000, 2)).toEqual({ otherCoresBusy: 0.5, stolenCores: 0.2, ownCoresBusy: 0.8 });
  });

  it('leaves out the cores that we may not run on', async () => {
    const busy = '1000 0 0 0 0 0 0 0 0 0';
    const before = { 'proc/self/status': mayRunOn('1,3'), 'proc/stat': stat('0', '0', '0', '0', '0') };
    const after = { 'proc/stat': stat(busy, '100', busy, '0', busy) };
    expect(await use(before, after, 1_000, 2)).toMatchObject({ otherCoresBusy: 0, ownCoresBusy: 0.1 });
  });

  it('lets others have what a container with fewer cores than its host can not use', async () => {
    const before = { 'proc/self/status': mayRunOn('0-7'), 'proc/stat': stat(...Array(8).fill('0')) };
    const after = { 'proc/stat': stat(...Array(8).fill('850')) };
    expect((await use(before, after, 10_000, 2)).otherCoresBusy).toBe(0);
    expect((await use(before, after, 10_000, 8)).otherCoresBusy).toBeCloseTo(5.8);
  });

  it('counts for how long a limit paused us', async () => {
    const before = {
      'proc/self/status': mayRunOn('0-1'),
      'proc/self/cgroup': '0::/',
      'proc/stat': stat('0', '0'),
      'sys/fs/cgroup/cpu.stat': cpuStat(31_000_000),
    };
    const after = { 'sys/fs/cgroup/cpu.stat': cpuStat(43_500_000) };
    expect(await use(before, after, 5_000, 2)).toMatchObject({ ownCoresBusy: 0.5, pausedCores: 1.25 });
  });
});

describe('a system without /proc', () => {
  /** Cores that were busy for so long, as os.cpus() tells it, the rest of the time being idle. */
  const cores = (...busyMs: number[]) =>
    busyMs.map((user) => ({ times: { user, nice: 0, sys: 0, idle: 60_000 - user, irq: 0 } }));
  const row = (pid: number, cpuMs: number) => {
    return { pid, ppid: 1, pgid: pid, startedAt: 1, zombie: false, cpuMs, childrenCpuMs: 0 };
  };

  it('tells other programs from our own', () => {
    const from = readElsewhere(
      () => coreTimesFromOs(() => cores(2_000, 1_000)),
      () => [row(10, 500), row(11, 200)],
    );
    const to = readElsewhere(
      () => coreTimesFromOs(() => cores(8_000, 4_000)),
      () => [row(10, 2_500), row(12, 1_000)],
    );
    // Process 11 has ended: what it used before is not taken off what the others use.
    expect(useBetween({ ...from, at: 0 }, { ...to, at: 10_000 }, 2)).toEqual({
      otherCoresBusy: 0.6,
      stolenCores: 0,
      ownCoresBusy: 0.3,
    });
  });

  it('excuses what a busy machine made late', () => {
    const busy = [cores(1_000, 1_000), cores(60_000, 60_000)].values();
    const watch = new MachineWatch(() =>
      readElsewhere(
        () => coreTimesFromOs(() => busy.next().value ?? []),
        () => [row(10, 500)],
      ),
    );
    expect(disturbs(watch.otherCoresBusy(), 2)).toBe(true);
  });

  it.runIf(process.platform !== 'win32')('is read on this machine, too', async () => {
    const watch = new MachineWatch(() => readMachine('darwin'));
    const before = process.cpuUsage();
    while (process.cpuUsage(before).user < 200_000); // Microseconds that this process got, whoever else is busy.
    expect(watch.use()).toMatchObject({ ownCoresBusy: expect.any(Number), otherCoresBusy: expect.any(Number) });
    expect(watch.use()?.ownCoresBusy).toBeGreaterThan(0);
  });

  it.runIf(process.platform === 'linux')('says of the cores what /proc says', () => {
    const [fromProc, fromOs] = [coreTimesFromProc(), coreTimesFromOs()];
    // Node leaves out what /proc counts as softirq and steal.
    expect(fromOs.busyMs).toBeLessThanOrEqual(fromProc.busyMs + 100);
    expect(fromOs.busyMs + fromProc.stolenMs).toBeGreaterThan(fromProc.busyMs * 0.8);
  });

  it('is not read where nobody says which processes are ours', () => {
    expect(readMachine('win32')).toBeUndefined();
  });
});

describe('the CPU limit of a container', () => {
  it.each([
    [
      'of version 2, with its own control groups',
      { 'proc/self/cgroup': '0::/', 'sys/fs/cgroup/cpu.max': '50000 100000', 'sys/fs/cgroup/cpu.stat': cpuStat(2_000) },
      { cores: 0.5, pausedMs: 2 },
    ],
    [
      'of version 2, of a group around ours',
      {
        'proc/self/cgroup': '0::/pods/one/app',
        'sys/fs/cgroup/cpu.stat': 'usage_usec 5',
        'sys/fs/cgroup/pods/one/cpu.max': '150000 100000',
        'sys/fs/cgroup/pods/one/cpu.stat': cpuStat(4_000),
        'sys/fs/cgroup/pods/one/app/cpu.max': 'max 100000',
        'sys/fs/cgroup/pods/one/app/cpu.stat': cpuStat(0),
      },
      { cores: 1.5, pausedMs: 4 },
    ],
    [
      'of version 1, with the path of the host',
      {
        'proc/self/cgroup': '4:memory:/docker/1f\n1:cpu,cpuacct:/docker/1f\n0::/docker/1f',
        'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000',
        'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
        'sys/fs/cgroup/cpu/cpu.stat': 'nr_periods 9\nnr_throttled 2\nthrottled_time 3000000',
      },
      { cores: 2, pausedMs: 3 },
    ],
    [
      'that does not exist, in version 1',
      {
        'proc/self/cgroup': '1:cpu:/',
        'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1',
        'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
        'sys/fs/cgroup/cpu/cpu.stat': 'nr_periods 0\nnr_throttled 0\nthrottled_time 0',
      },
      { pausedMs: 0 },
    ],
    ['where there are no control groups', {}, {}],
  ])('is read: %s', async (_, files: Record<string, string>, limit) => {
    await using run = fakeRun();
    lay(run.dir, files);
    expect(readCpuLimit(run.dir)).toEqual(limit);
  });
});

describe('a missed target', () => {
  const quiet = { otherCoresBusy: 0.1, stolenCores: 0, ownCoresBusy: 1.2 };
  it.each([
    ['by nothing on a quiet machine', quiet, undefined],
    ['by nothing where nothing can be told', {}, undefined],
    ['by other programs', { ...quiet, otherCoresBusy: 0.9 }, 'other programs kept 0.9 cores of this machine busy'],
    [
      'by the host of a virtual machine',
      { ...quiet, otherCoresBusy: 0.9, stolenCores: 0.8 },
      'the host of this virtual machine kept 0.8 of its cores for others',
    ],
    [
      'by a limit below the cores that we count with',
      { ...quiet, ownCoresBusy: 0.5, pausedCores: 1.2 },
      'a CPU limit paused the processes, which got 0.5 of 2 cores',
    ],
    [
      'by what kept more cores from us, when both did',
      { otherCoresBusy: 1.1, stolenCores: 0, ownCoresBusy: 0.5, pausedCores: 1.2 },
      'a CPU limit paused the processes, which got 0.5 of 2 cores',
    ],
    ['by no limit that lets us have our cores', { ...quiet, ownCoresBusy: 1.9, pausedCores: 1.2 }, undefined],
    ['by no limit that hardly ever paused us', { ...quiet, ownCoresBusy: 0.5, pausedCores: 0.2 }, undefined],
  ])('is excused %s', (_, use, what) => {
    expect(disturbance(use, 2)?.what).toBe(what);
  });

  it('is excused from a quarter of the cores on', () => {
    expect(disturbs(0.99, 4)).toBe(false);
    expect(disturbs(1, 4)).toBe(true);
    expect(disturbs(undefined, 4)).toBe(false);
  });
});
