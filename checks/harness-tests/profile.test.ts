import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { culprit } from '../01-measure-first/named.ts';
import { type CpuProfile, cut, readProfiles } from '../harness/measure/profile/cpu-profile.ts';
import { selfTime } from '../harness/measure/profile/self-time.ts';
import { repoDir } from '../harness/os/run.ts';
import { Environment } from '../harness/runner/environment.ts';
import { appsDir } from './check-fixture.ts';
import fixture from './fixture/lesson.ts';
import { fakeRun } from './services/fake-run.ts';

const frame = (functionName: string, url = '', lineNumber = -1) => ({
  functionName,
  url,
  lineNumber,
  scriptId: '0',
  columnNumber: 0,
});

/** One sample each 1,000 µs. */
function profileOf(callFrames: ReturnType<typeof frame>[], samples: number[]): CpuProfile {
  return {
    nodes: callFrames.map((callFrame, index) => ({ id: index + 1, callFrame })),
    startTime: 5_000,
    endTime: 5_000 + samples.length * 1_000,
    samples,
    timeDeltas: samples.map(() => 1_000),
  };
}

describe('self time', () => {
  it('is counted by function and apart for idle, garbage collection and native code', () => {
    const profile = profileOf(
      [
        frame('(idle)'),
        frame('(garbage collector)'),
        frame('(program)'),
        frame('price', 'file:///shop/src/prices.ts', 9),
        frame('price', 'file:///shop/src/prices.ts', 9), // The same function below another caller.
        frame('send', 'file:///shop/node_modules/express/lib/response.js', 20),
        frame('serve', 'file:///shop/node_modules/@scope/pack/index.js', 2),
        frame('emit', 'node:events', 400),
        frame('writev'),
        frame('waiting', 'file:///elsewhere/measure/probe/preload.js', 20),
      ],
      [1, 1, 2, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10],
    );
    const { functions, ...sums } = selfTime([profile, profile], '/shop');
    expect(functions.map(({ name, where, samples }) => [name, where, samples])).toEqual([
      ['price', 'src/prices.ts:10', 8],
      ['send', 'express', 2],
      ['serve', '@scope/pack', 2],
      ['emit', 'node:events', 2],
      ['writev', '(native)', 2],
    ]);
    expect(sums).toEqual({ garbageCollector: 2, program: 2, idle: 6, busy: 20 });
  });

  it('can be cut to the load, and stays a profile', () => {
    const whole = profileOf([frame('start'), frame('serve')], [1, 1, 2, 2, 2, 1]);
    const during = cut(whole, 7_500, 10_500);
    expect(during).toMatchObject({ samples: [2, 2, 2], startTime: 7_500, endTime: 10_500 });
    expect(during.timeDeltas).toEqual([500, 1_000, 1_000]);
    expect(during.nodes.map(({ hitCount }) => hitCount)).toEqual([0, 3]);
  });
});

describe('an app of several threads and processes', { timeout: 60_000 }, () => {
  it('has a profile of each, with the lines of the .ts file, and who waits for work is idle', async () => {
    await using run = fakeRun();
    const profileDir = join(run.dir, 'profiles with a space');
    const dir = `${appsDir}many-threads`;
    await using environment = await Environment.start({ lesson: fixture, subjectDir: dir, run, profileDir });
    for (let n = 0; n < 40; n++) expect((await fetch(environment.instances[0]?.url ?? '')).status).toBe(200);
    await environment.exitInstances();
    const threads = readProfiles(profileDir);
    expect(new Set(threads.map(({ pid }) => pid)).size).toBe(3);
    expect(threads.map(({ thread }) => thread).sort()).toEqual([0, 0, 0, 1]);
    const { functions } = selfTime(
      threads.map(({ profile }) => profile),
      dir,
    );
    // Start-up, which is not cut off here, is Node's own.
    const own = functions.filter(({ where }) => where.startsWith('src/'));
    expect(own[0]).toMatchObject({ name: 'countPrimes', where: 'src/server.ts:17' });
    expect(own[0]?.samples).toBeGreaterThan(100);
    const waiting = selfTime(
      threads.filter(({ thread }) => thread === 1).map(({ profile }) => profile),
      dir,
    );
    expect(waiting.idle).toBeGreaterThan(waiting.busy / 2);
  });
});

describe('npm run profile', { timeout: 90_000 }, () => {
  it('blames the culprit of lesson 1 for most of the CPU time of the starter', () => {
    const script = fileURLToPath(new URL('../../scripts/workshop.js', import.meta.url));
    const starter = join(repoDir, 'checks', '01-measure-first', 'starter');
    const args = [script, 'profile', '1', '--subject', starter];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [, name, where, share] = /^ {2}function +where +self time\n {2}(\S+) +(\S+) +([\d.]+) %/m.exec(stdout) ?? [];
    expect({ name, where }).toEqual({ name: culprit, where: 'src/prices.ts:21' });
    expect(Number(share)).toBeGreaterThan(60);
    const [, written = ''] = /Written to (\S+),/.exec(stdout) ?? [];
    const files = readdirSync(join(repoDir, written));
    expect(files).toEqual([expect.stringMatching(/^process-\d+\.cpuprofile$/)]);
    const profile = JSON.parse(readFileSync(join(repoDir, written, files[0] ?? ''), 'utf8')) as CpuProfile;
    expect(profile.samples).toHaveLength(profile.timeDeltas.length);
    rmSync(join(repoDir, written), { recursive: true });
  });
});
