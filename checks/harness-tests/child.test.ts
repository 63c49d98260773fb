import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startApp } from '../harness/app/start-app.ts';
import { runCommand } from '../harness/os/command.ts';
import { stillAlive, treeOf } from '../harness/os/processes.ts';
import { appsDir } from './check-fixture.ts';
import { fakeRun } from './services/fake-run.ts';

const onlyUnix = describe.skipIf(process.platform === 'win32');

onlyUnix('a process that can not be started', () => {
  it.each([
    ['is not on PATH', 'no-such-program', {}, /^no-such-program can't be started: it is not on PATH$/, 'ENOENT'],
    ['does not exist', '/nowhere/redis-server', {}, /there is no \/nowhere\/redis-server/, 'ENOENT'],
    ['has no folder to start in', process.execPath, { cwd: '/nowhere' }, /the folder \/nowhere is gone/, 'ENOENT'],
  ])('because it %s is told in a sentence', async (_why, file, more, sentence, code) => {
    await using run = fakeRun();
    const started = run.spawn(file, [], { env: process.env, ...more });
    await expect(started).rejects.toMatchObject({ message: expect.stringMatching(sentence), code });
    await expect(runCommand(file, [], { env: process.env, limitMs: 1_000, ...more })).rejects.toMatchObject({ code });
    expect(run.children).toEqual([]);
  });

  it('because its file may not be executed, or its loader is missing, is told, too', async () => {
    await using run = fakeRun();
    const file = join(run.dir, 'program');
    writeFileSync(file, '#!/nowhere/loader\n');
    chmodSync(file, 0o644);
    await expect(run.spawn(file, [], {})).rejects.toThrow(/program can't be started: .* may not be executed/);
    chmodSync(file, 0o755);
    await expect(run.spawn(file, [], {})).rejects.toThrow(/is made for another system/);
  });

  it('ends the start of an app with that sentence', async () => {
    await using run = fakeRun();
    const start = startApp({
      run,
      dir: `${appsDir}right`,
      env: {},
      name: 'instance 1',
      under: ['no-taskset', '-c', '0'],
    });
    await expect(start).rejects.toThrow("no-taskset can't be started: it is not on PATH");
  });

  it('because no file descriptor is free is told, and no Redis is taken for missing', async () => {
    const services = new URL('../harness/', import.meta.url).href;
    // Takes all descriptors but a few: too few for pipes. ulimit holds for this process and what it starts.
    const script = `
      const { openSync } = await import('node:fs');
      const { runCommand } = await import('${services}os/command.ts');
      const { redisOnPath } = await import('${services}services/redis/on-path.ts');
      const env = { PATH: process.argv[1] };
      const provider = redisOnPath({ env, cacheDir: '', repoDir: '' });
      const before = await provider.available();
      try { for (;;) openSync('/dev/null'); } catch {}
      const told = async (act) => act().then((value) => JSON.stringify(value), (error) => error.code + ': ' + error.message);
      const lines = [before.ok, await told(() => runCommand(process.execPath, ['-v'], { env, limitMs: 1000 })), await told(() => provider.available())];
      console.log(JSON.stringify(lines));
      process.exit();`;
    await using run = fakeRun();
    const folder = join(run.dir, 'bin');
    mkdirSync(folder);
    const redis = join(folder, 'redis-server');
    writeFileSync(redis, '#!/bin/sh\necho "Redis server v=7.0.15 sha=0"\n', { mode: 0o755 });
    const shell = `ulimit -n 64; exec "$0" --input-type=module -e "$1" "$2"`;
    const { stdout, stderr } = spawnSync('sh', ['-c', shell, process.execPath, script, folder], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const sentence = expect.stringMatching(/^EMFILE: .*can't be started: this shell lets a process open too few files/);
    expect(JSON.parse(stdout)).toEqual([true, sentence, sentence]);
  });
});

onlyUnix('a process that was started', () => {
  it('is ended with all that came of it when its time is over', async () => {
    await using run = fakeRun();
    const child = await run.spawn('sh', ['-c', 'sleep 60 & sleep 60 & echo up; wait'], {
      env: process.env,
      limitMs: 700,
    });
    await expect.poll(() => child.lastWords()).toBe('up');
    const family = treeOf(child.identity ?? { pid: 0, startedAt: 0 });
    expect(family).toHaveLength(3);
    await child.closed;
    expect(child).toMatchObject({ late: true, hasEnded: true });
    await expect.poll(() => stillAlive(family)).toEqual([]);
  });

  it('is closed soon after its end, also when a daemon keeps its pipes', async () => {
    await using run = fakeRun();
    const startedAt = performance.now();
    const child = await run.spawn('sh', ['-c', 'sleep 20 & echo bye'], { env: process.env });
    await child.closed;
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect(child.lastWords()).toBe('bye');
    child.killAll();
  });

  it('says its last words when it ends instead of being ready', async () => {
    await using run = fakeRun();
    const child = await run.spawn('sh', ['-c', 'echo no room >&2; exit 3'], { env: process.env });
    expect(await child.readyWhen(() => false, 5_000)).toBe('sh ended at once (exit code 3): no room');
    const other = await run.spawn(process.execPath, ['-e', "throw new Error('no port')"], {
      env: process.env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    await expect(other.ready(10_000)).rejects.toThrow(/did not start: .*no port/s);
  });

  it('sends a message when it is ready', async () => {
    await using run = fakeRun();
    const child = await run.spawn(process.execPath, ['-e', 'process.send({ port: 7 }); setInterval(() => {}, 1000)'], {
      env: process.env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    expect(await child.ready(10_000)).toEqual({ port: 7 });
    await Promise.all([child.stop('SIGKILL', 0), delay(1)]);
    expect(child.ending()).toBe('signal SIGKILL');
  });
});
