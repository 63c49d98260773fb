import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { repoDir } from '../harness/os/run.ts';
import { Environment } from '../harness/runner/environment.ts';
import { Stage } from '../harness/runner/stage.ts';
import { appsDir } from './check-fixture.ts';
import fixture from './fixture/lesson.ts';
import { fakeRun } from './services/fake-run.ts';

const subjectDir = `${appsDir}keeps-a-file`;
const original = join(subjectDir, 'rules.txt');
const lesson = {
  ...fixture,
  files: [
    { variable: 'NOTES_FILE', name: 'notes.txt' },
    { variable: 'RULES_FILE', name: 'rules.txt', copyOf: relative(repoDir, original) },
  ],
};

async function read(url: string, init?: RequestInit) {
  return (await (await fetch(url, init)).json()) as { notes: string | null; rules: string };
}

describe('the files of a lesson', () => {
  it('are known to the app by their variables: one as a copy, the other not there yet', async () => {
    await using run = fakeRun();
    await using environment = await Environment.start({ lesson, subjectDir, run });
    expect(await read(environment.balancer.url)).toEqual({ notes: null, rules: 'Be brief.\n' });
  });

  it('are read and changed by the check at the same paths, and the original stays as it is', async () => {
    await using run = fakeRun();
    await using environment = await Environment.start({ lesson, subjectDir, run });
    const stage = new Stage(environment, { because: '', lookAt: '' });
    await read(environment.balancer.url, { method: 'POST', body: 'first' });
    expect(readFileSync(stage.file('NOTES_FILE'), 'utf8')).toBe('first');
    writeFileSync(stage.file('RULES_FILE'), 'Be long.');
    expect((await read(environment.balancer.url)).rules).toBe('Be long.');
    expect(readFileSync(original, 'utf8')).toBe('Be brief.\n');
    expect(() => stage.file('OTHER_FILE')).toThrow('no file OTHER_FILE');
  });

  it('lie in no folder whose name begins with a dot, where sendFile would not look, and are deleted with the run', async () => {
    const run = fakeRun();
    const environment = await Environment.start({ lesson, subjectDir, run });
    const dir = dirname(environment.files.RULES_FILE as string);
    expect(dir).not.toMatch(/[\\/]\./);
    expect(basename(dir)).toMatch(/^encore-/); // Else the reaper leaves it.
    await environment[Symbol.asyncDispose]();
    await run[Symbol.asyncDispose]();
    expect(existsSync(dir)).toBe(false);
  });

  it('outlive a restart of the app', async () => {
    await using run = fakeRun();
    await using environment = await Environment.start({ lesson, subjectDir, run });
    await read(environment.balancer.url, { method: 'POST', body: 'first' });
    await environment.restart();
    expect((await read(environment.balancer.url)).notes).toBe('first');
  });

  it('belong to one environment each', async () => {
    await using run = fakeRun();
    await using one = await Environment.start({ lesson, subjectDir, run });
    await using two = await Environment.start({ lesson, subjectDir, run });
    await read(one.balancer.url, { method: 'POST', body: 'first' });
    expect((await read(two.balancer.url)).notes).toBe(null);
  });
});

describe('dev', () => {
  it('prints where the files of the lesson are', { timeout: 30_000 }, async () => {
    const script = fileURLToPath(new URL('../../scripts/workshop.js', import.meta.url));
    const child = spawn(process.execPath, [script, 'dev', '2', '--solution'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.includes('Try:')) break;
    }
    child.kill('SIGINT');
    await once(child, 'exit');
    expect(lines.join('\n')).toMatch(/^ +ACCOUNTS_FILE +.+accounts\.jsonl$/m);
    expect(lines.join('\n')).toMatch(/^ +TERMS_FILE +.+terms\.txt$/m);
  });
});
