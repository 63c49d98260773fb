import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { commandOf, processTable, taggedProcesses } from '../../harness/os/processes.ts';
import { sweepDeadRuns } from '../../harness/os/run-end.ts';
import { sharedSegments } from '../../harness/os/shared-memory.ts';
import { startPostgres } from '../../harness/services/postgres/index.ts';
import { postgresFixture } from './postgres-fixture.ts';

const fixture = postgresFixture();
afterAll(() => fixture[Symbol.dispose]());

describe.runIf(process.platform === 'linux')('the shared memory of a server that is prepared', () => {
  it('is in its data folder, because nobody would delete it from /dev/shm after a kill', async () => {
    await using run = fixture.run();
    const cacheDir = join(fixture.cacheDir, 'shared-memory'); // Nothing is prepared there.
    const inMemory = () => new Set(readdirSync('/dev/shm').filter((name) => name.startsWith('PostgreSQL.')));
    const before = inMemory();
    const stayed = new Set<string>();
    let last = before;
    // initdb makes one for a moment, to see whether it can.
    const timer = setInterval(() => {
      const now = inMemory();
      for (const name of now) if (last.has(name) && !before.has(name)) stayed.add(name);
      last = now;
    }, 20);
    try {
      const server = await startPostgres({ ...fixture.options(run), cacheDir });
      await server.stop(); // The fake run would kill it, and the kernel keep its segment.
    } finally {
      clearInterval(timer);
    }
    expect([...stayed]).toEqual([]);
  });
});

const isReaperOf = (pid: number, runDir: string) => new RegExp(`reaper\\.ts ${runDir}$`).test(commandOf(pid));

function signal(processes: { pid: number }[], name: NodeJS.Signals): void {
  for (const { pid } of processes)
    try {
      process.kill(pid, name);
    } catch {} // It has just ended.
}

describe.runIf(process.platform === 'linux')('a check that is killed with SIGKILL', () => {
  it.each([
    ['while its database is prepared', 'preparing'],
    ['while its database serves', 'up'],
    ['together with its reaper and its servers, while its database is prepared', 'preparing'],
    ['together with its reaper and its servers, while its database serves', 'up'],
  ])('%s leaves no process, no folder and no shared memory', async (when, moment) => {
    const harness = new URL('../../harness/', import.meta.url).href;
    const value = Math.random().toString(36).slice(2);
    const cacheDir = join(fixture.cacheDir, value); // Nothing is prepared there.
    const script = `
      const { openRun } = await import('${harness}os/run.ts');
      const { startPostgres } = await import('${harness}services/postgres/index.ts');
      const run = await openRun();
      console.log(run.dir);
      await startPostgres({
        run, cacheDir: ${JSON.stringify(cacheDir)}, repoDir: ${JSON.stringify(fixture.cacheDir)}, env: {}, lesson: '00-killed', seed: ${JSON.stringify(fixture.seed)},
        onProgress: () => setTimeout(() => console.log('preparing'), 250),
      });
      console.log('up');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let runDir = '';
    for await (const line of createInterface(child.stdout)) {
      runDir ||= line;
      if (line === moment) break;
    }
    const alive = () => taggedProcesses(`ENCORE_RUN=${runDir.slice(-12)}`);
    expect(alive().length).toBeGreaterThan(0);
    const segmentsOf = (makers: Set<number>) => sharedSegments().filter(({ creator }) => makers.has(creator));
    const pidsOf = (rows: { pid: number }[]) => new Set(rows.map(({ pid }) => pid));
    let makers = pidsOf(alive());
    if (when.startsWith('together')) {
      // All are stopped before one is killed, so that nobody sees another one end and has time to tidy up.
      for (let stopped: { pid: number }[] = []; ; signal(stopped, 'SIGCONT')) {
        await expect.poll(() => segmentsOf(pidsOf(alive())).length, { interval: 5, timeout: 5_000 }).toBeGreaterThan(0);
        stopped = [...processTable().filter(({ pid }) => isReaperOf(pid, runDir)), ...alive()];
        signal(stopped, 'SIGSTOP');
        makers = pidsOf(alive());
        if (segmentsOf(makers).length === 0) continue; // Whoever had it has just ended.
        signal(stopped, 'SIGKILL');
        break;
      }
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await expect.poll(() => alive().length).toBe(0);
      // Unless a command of another test, which also sweeps dead runs, was faster.
      await expect.poll(() => segmentsOf(makers).length === 1 || !existsSync(runDir)).toBe(true);
      await sweepDeadRuns(dirname(runDir)); // As the next command does.
    } else child.kill('SIGKILL');
    await expect.poll(() => [alive().length, existsSync(runDir)], { timeout: 5_000 }).toEqual([0, false]);
    expect(segmentsOf(makers)).toEqual([]);
    rmSync(cacheDir, { recursive: true, force: true });
  });
});
