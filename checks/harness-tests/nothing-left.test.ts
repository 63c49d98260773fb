import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { processTable, taggedProcesses } from '../harness/os/processes.ts';
import { cacheDir } from '../harness/os/run.ts';
import { appsDir, checkApp } from './check-fixture.ts';

const checkScript = fileURLToPath(new URL('./check-app.ts', import.meta.url));

/** A check whose processes can all be found again, whatever becomes of their parents. */
function startTaggedCheck(options: SpawnOptions = {}, more: Record<string, string> = {}) {
  const tag = `NOTHING_LEFT_TEST=${Math.random().toString(36).slice(2)}`;
  const [name = '', value = ''] = tag.split('=');
  // LANG is one of the few variables that apps inherit, so it carries the tag into them.
  const env: NodeJS.ProcessEnv = { ...process.env, [name]: value, LANG: `C.${value}`, ...more };
  delete env.XDG_DATA_HOME; // As a learner has it, not as `npm test` sets it.
  const child = spawn(process.execPath, [checkScript, `${appsDir}right`], { stdio: 'ignore', env, ...options });
  const alive = () =>
    [...taggedProcesses(tag), ...taggedProcesses(`LANG=C.${value}`, processTable())].map((row) => row.pid);
  const appRuns = () => {
    const found = alive();
    // Looked for after them: the check itself may have begun in between, and is not the app.
    const ours = new Set(taggedProcesses(tag).map((row) => row.pid));
    return found.some((pid) => !ours.has(pid));
  };
  return { child, alive, appRuns };
}

async function goneWithin(alive: () => number[], deadlineMs: number): Promise<number[]> {
  for (const until = performance.now() + deadlineMs; performance.now() < until; await delay(50)) {
    if (alive().length === 0) return [];
  }
  return alive();
}

// Moments of a check: before the app, while it starts, during behaviours, while Artillery starts, during the load.
const momentsMs = [60, 350, 600, 1_500, 3_500];

describe.runIf(process.platform === 'linux')('whatever ends a check', { timeout: 30_000 }, () => {
  it.each(momentsMs)('leaves no process when it is killed with SIGKILL after %i ms', async (moment) => {
    const { child, alive } = startTaggedCheck();
    await delay(moment);
    child.kill('SIGKILL');
    expect(await goneWithin(alive, 3_000)).toEqual([]);
  });

  it.each(momentsMs)('leaves no process after a Ctrl-C at %i ms', async (moment) => {
    // A terminal sends SIGINT to the whole foreground group.
    const { child, alive } = startTaggedCheck({ detached: true });
    await delay(moment);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await goneWithin(alive, 3_000)).toEqual([]);
  });

  it('says after a Ctrl-C that nothing is left, also when Vitest wants to exit at once', async () => {
    const { child, appRuns } = startTaggedCheck({ detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    const said = text(child.stderr as Readable);
    while (!appRuns()) await delay(20);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await said).toContain('Stopped. Nothing is left running.');
  });

  it('has no result any more once it is told to stop', async () => {
    const session = JSON.stringify(new URL('../../scripts/running/session.ts', import.meta.url).href);
    const script = `
      const { isStopping, withRun } = await import(${session});
      const { spawn } = await import('node:child_process');
      await withRun(async (run) => {
        run.adopt(spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }));
        process.kill(process.pid, 'SIGINT');
        while (!isStopping()) await new Promise(setImmediate);
      });
      console.log('a result');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = Promise.all([text(child.stdout), text(child.stderr)]);
    expect(await once(child, 'exit')).toEqual([130, null]);
    expect(await said).toEqual(['', expect.stringContaining('Stopped. Nothing is left running.')]);
  });

  it.each([
    [
      'npm starts it directly',
      (args: string[]) => `require("node:child_process").spawn(process.execPath, ${JSON.stringify(args)})`,
    ],
    // `; true` keeps the shell: some replace themselves by the last command, some stay.
    [
      'npm starts it through a shell',
      (args: string[]) =>
        `process.title = "npm run check"; require("node:child_process").spawn("sh", ["-c", ${JSON.stringify(`${[process.execPath, ...args].map((arg) => `'${arg}'`).join(' ')}; true`)}])`,
    ],
  ])('leaves no process when the npm that started it is killed: %s', async (_how, script) => {
    const name = 'NPM_KILLED_TEST';
    const value = Math.random().toString(36).slice(2);
    const env = { ...process.env, [name]: value, npm_lifecycle_event: 'check', LANG: `C.${value}` };
    const npm = spawn(process.execPath, ['-e', script([checkScript, `${appsDir}right`])], { stdio: 'ignore', env });
    const tagged = (tag: string) => taggedProcesses(`${tag}=${value}`).map((row) => row.pid);
    // LANG is handed on to the apps, the other variable is not.
    const alive = () => [...tagged(name), ...taggedProcesses(`LANG=C.${value}`).map((row) => row.pid)];
    // Until an app runs: then the check has seen who its parents are.
    while (alive().every((pid) => tagged(name).includes(pid))) await delay(20);
    npm.kill('SIGKILL');
    expect(await goneWithin(alive, 3_000)).toEqual([]);
  });

  it('ends what was started while the run was being closed, when its folder is gone already', async () => {
    const value = Math.random().toString(36).slice(2);
    const runModule = new URL('../harness/os/run.ts', import.meta.url).href;
    const runEndModule = new URL('../harness/os/run-end.ts', import.meta.url).href;
    const script = `
      const { openRun } = await import(${JSON.stringify(runModule)});
      const { closeRun } = await import(${JSON.stringify(runEndModule)});
      const { spawn } = await import('node:child_process');
      const run = await openRun();
      await closeRun(run.dir);
      const late = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
        detached: true, stdio: 'ignore', env: { ...process.env, ...run.env, LATE: '${value}' },
      });
      late.once('spawn', () => process.exit());`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    const alive = () => taggedProcesses(`LATE=${value}`).map((row) => row.pid);
    await once(child, 'exit');
    expect(await goneWithin(alive, 3_000)).toEqual([]);
  });

  it('asks those to end that want to be asked, and deletes the folders that were named, and only ours', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'asked-'));
    const [ours, theirs, said] = [join(dir, 'encore-scratch'), join(dir, 'scratch'), join(dir, 'said')];
    const runModule = new URL('../harness/os/run.ts', import.meta.url).href;
    const script = `
      const { openRun } = await import(${JSON.stringify(runModule)});
      const { spawn } = await import('node:child_process');
      const { mkdirSync } = await import('node:fs');
      const run = await openRun();
      for (const folder of ${JSON.stringify([ours, theirs])}) {
        run.deleteToo(folder);
        mkdirSync(folder);
      }
      const asked = \`process.on('SIGTERM', () => { fs.writeFileSync(${JSON.stringify(said)}, 'goodbye'); process.exit(); });
        console.log(); setInterval(() => {}, 1000)\`;
      const deaf = "process.on('SIGTERM', () => {}); console.log(); setInterval(() => {}, 1000)";
      for (const code of [asked, deaf]) {
        const child = spawn(process.execPath, ['-e', code], {
          detached: true, stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, ...run.env, ASKED: '${basename(dir)}' },
        });
        run.adopt(child, 'SIGTERM');
        await new Promise((resolve) => child.stdout.once('data', resolve));
      }
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await once(child, 'exit');
    expect(await goneWithin(() => taggedProcesses(`ASKED=${basename(dir)}`).map((row) => row.pid), 3_000)).toEqual([]);
    expect(readFileSync(said, 'utf8')).toBe('goodbye');
    await expect.poll(() => existsSync(ours)).toBe(false);
    expect(existsSync(theirs)).toBe(true);
    rmSync(dir, { recursive: true });
  });

  it('ends a command whose own exit hangs', async () => {
    const runModule = new URL('../harness/os/run.ts', import.meta.url).href;
    const script = `
      const { openRun, announceExit } = await import(${JSON.stringify(runModule)});
      await openRun();
      announceExit(300);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`; // As Node's exit waits for a thread that never ends.
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
  });

  it('deletes the scratch folder of each run, and lets the next check work', async () => {
    const { child, alive } = startTaggedCheck();
    await delay(800);
    child.kill('SIGKILL');
    await goneWithin(alive, 3_000);
    const runs = join(cacheDir, 'runs');
    const abandoned = join(runs, 'abandoned');
    mkdirSync(abandoned); // As a command leaves it that is ended before it has written down who it is.
    utimesSync(abandoned, 0, 0);
    expect((await checkApp('right', '--no-load')).verdict).toBe('pass');
    const hasOwner = (name: string) => {
      if (!existsSync(join(runs, name, 'owner'))) return false; // Another test's run is being opened or closed: look again.
      const [pid] = readFileSync(join(runs, name, 'owner'), 'utf8')
        .split(' ')
        .map(Number);
      return processTable().some((row) => row.pid === pid);
    };
    await expect.poll(() => readdirSync(runs).filter((name) => !hasOwner(name)), { timeout: 3_000 }).toEqual([]);
  });
});

describe.skipIf(process.platform === 'darwin')('a check with its load run', { timeout: 30_000 }, () => {
  // On macOS Vitest keeps its token below ~/Library, whatever the environment says.
  it('writes nothing into the home folder', async () => {
    const home = mkdtempSync(join(tmpdir(), 'home-'));
    const { child } = startTaggedCheck({}, { HOME: home, USERPROFILE: home });
    await once(child, 'exit');
    expect(readdirSync(home)).toEqual([]);
    rmSync(home, { recursive: true });
  });
});

describe('two checks at the same time', { timeout: 60_000 }, () => {
  it('do not disturb each other', async () => {
    const results = await Promise.all([checkApp('right'), checkApp('right'), checkApp('hangs', '--no-load')]);
    expect(results.map((result) => result.verdict)).toEqual(['pass', 'pass', 'fail']);
  });

  it('end with their own runs only', async () => {
    const { child } = startTaggedCheck();
    const other = checkApp('right');
    await delay(700);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect((await other).verdict).toBe('pass');
  });
});
