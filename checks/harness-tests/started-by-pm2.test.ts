import { type SpawnOptions, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Pm2 } from '../harness/app/pm2.ts';
import { processTable, taggedProcesses } from '../harness/os/processes.ts';
import { cacheDir } from '../harness/os/run.ts';
import { appsDir, checkApp, checkCopy } from './check-fixture.ts';
import { fakeRun } from './services/fake-run.ts';

const name = 'started-by-pm2';
const fixture = 'FIXTURE=fixture-pm2';

/** Homes of PM2 that are there now. */
function homes(): string[] {
  const runs = join(cacheDir, 'runs');
  const folders = [tmpdir(), ...namesIn(runs).map((run) => join(runs, run))];
  return folders.flatMap((folder) => namesIn(folder).filter((one) => one.startsWith('encore-pm2-')));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // The run was closed this very moment.
  }
}

describe.skipIf(process.platform === 'win32')('an app that PM2 starts', { timeout: 120_000 }, () => {
  it('is served by children, told something, killed and started again, and writes nothing into the home folder', async () => {
    const home = mkdtempSync(join(tmpdir(), 'home-'));
    const { verdict, behaviours } = await checkApp(name, fixture, `HOME=${home}`, '--no-load');
    expect(behaviours.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
    expect(verdict).toBe('pass');
    expect(readdirSync(home)).toEqual([]);
    rmSync(home, { recursive: true });
  });

  it('fails the start when the ecosystem file is not there', async () => {
    const { behaviours } = await checkCopy(name, { 'ecosystem.config.cjs': null }, fixture, '--no-load');
    expect(behaviours[0]).toMatchObject({
      id: 'starts',
      outcome: 'fail',
      failure: { kind: 'exited-early', seen: 'ecosystem.config.cjs is not there' },
    });
  });

  it('fails the start with what PM2 says of an ecosystem file that it can’t read', async () => {
    const broken = "throw new Error('half a file');\n";
    const { behaviours } = await checkCopy(name, { 'ecosystem.config.cjs': broken }, fixture, '--no-load');
    expect(behaviours[0]).toMatchObject({
      id: 'starts',
      outcome: 'fail',
      failure: { kind: 'exited-early', trail: [{ what: 'npx pm2-runtime start ecosystem.config.cjs' }] },
    });
    expect(behaviours[0]?.failure?.appOutput?.join('\n')).toContain('half a file');
  });
});

describe('the home of PM2', () => {
  it('lies in the folder of the run, or where that is too deep for a socket, in the temporary one', async () => {
    await using run = fakeRun();
    const at = (dir: string) => new Pm2({ run: { ...run, dir }, dir: '.', ecosystem: 'ecosystem.config.cjs' }).home;
    const deep = join(run.dir, 'a'.repeat(90));
    const short = mkdtempSync(join(tmpdir(), 'encore-'));
    mkdirSync(deep);
    expect(dirname(at(short))).toBe(short);
    expect(dirname(at(deep))).toBe(tmpdir());
    rmSync(short, { recursive: true });
  });
});

// While PM2 loads, while its workers do, and while a behaviour reloads them.
const momentsMs = [700, 1_200, 2_000, 3_000];

describe.runIf(process.platform === 'linux')('whatever ends a check of it', { timeout: 60_000 }, () => {
  it.each(momentsMs)('leaves neither a process nor a home of PM2 when it is killed after %i ms', async (moment) => {
    await endsWith(moment, {}, (pid) => process.kill(pid, 'SIGKILL'));
  });

  it.each(momentsMs)('leaves neither a process nor a home of PM2 after a Ctrl-C at %i ms', async (moment) => {
    // A terminal sends SIGINT to the whole foreground group.
    await endsWith(moment, { detached: true }, (pid) => process.kill(-pid, 'SIGINT'));
  });
});

async function endsWith(moment: number, options: SpawnOptions, end: (pid: number) => void): Promise<void> {
  const before = homes();
  const script = fileURLToPath(new URL('./check-app.ts', import.meta.url));
  // LANG is one of the few variables that apps inherit.
  const tag = `LANG=C.${Math.random().toString(36).slice(2)}`;
  const env = { ...process.env, FIXTURE: 'fixture-pm2', LANG: tag.slice(5) };
  const child = spawn(process.execPath, [script, appsDir + name, '--no-load'], { stdio: 'ignore', env, ...options });
  await delay(moment);
  // On a quick machine it is over by then. It must have left as little.
  if (child.exitCode === null) end(child.pid ?? 0);
  await expect.poll(() => taggedProcesses(tag, processTable()), { timeout: 4_000 }).toEqual([]);
  await expect.poll(() => homes().filter((one) => !before.includes(one)), { timeout: 2_000 }).toEqual([]);
}
