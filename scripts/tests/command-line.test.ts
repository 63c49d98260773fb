import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { commandOf, processTree } from '../../checks/harness/os/processes.ts';
import { cacheDir } from '../../checks/harness/os/run.ts';
import { signalExitCodes } from '../running/session.ts';

const script = fileURLToPath(new URL('../workshop.js', import.meta.url));

function workshop(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, INIT_CWD: tmpdir() },
  });
  return { status, stdout, stderr: stderr.trim() };
}

describe('a command called wrongly', () => {
  it.each([
    [['chek'], /no command "chek"\. Did you mean check\?$/],
    [['check', 'sesions'], /no lesson "sesions"\. Did you mean sessions\?/],
    [['check', 'lesson-33'], /no lesson "lesson-33"\. Did you mean lesson-3\?/],
    [['check', 'zzzzz'], /^There is no lesson "zzzzz"\. npm run lessons lists them\.$/],
    [['check', 'sess'], /no lesson "sess"\. Did you mean sessions\?/],
    [['check', 'measur'], /no lesson "measur"\. Did you mean measure-first\?/],
    [['frobnicate'], /^There is no command "frobnicate"\.$/],
    [['check', '3', '--qqqq'], /^check has no flag --qqqq\.$/],
    [['check'], /^Which lesson\? For example: npm run check lesson-\d+$/],
    [['check', '3', '7'], /takes one lesson, and 2 were given/],
    [['check', '3', '--al'], /no flag --al\. Did you mean --all\?$/],
    [['check', '3', '--subject'], /^check --subject needs one thing more: --subject DIR \(.+\)\.$/],
    [['check', '3', '--subject', 'a', '--subject=b'], /^check takes one --subject, and 2 were given\.$/],
    [['verify', '3', '--only', 'a', '--only', 'b'], /^verify takes one --only, and 2 were given: --only SUBJECT,…\.$/],
    [['check', '3', '--wrong-turn'], /^check --wrong-turn needs one thing more: --wrong-turn NAME \(.*lists them\)\.$/],
    [['check', '3', '--subject', 'nowhere'], /^There is no folder .*nowhere\.$/],
    [
      ['check', '3', '--subject', tmpdir()],
      /server\.ts is missing\. The check starts the app with "node src\/server\.ts"/,
    ],
    [['check', '3', '--solution', '--subject', '.'], /exclude each other/],
    [['verify', '--repeat', 'often'], /takes a whole number, not "often"/],
    [['profile', 'sesions'], /no lesson "sesions"\. Did you mean sessions\?/],
    [['profile'], /^Which lesson\? For example: npm run profile lesson-\d+$/],
    [['heap'], /^Which lesson\? For example: npm run heap lesson-\d+$/],
    [['heap', '3', '--requests', '10'], /--requests takes a number from 100 on, not "10"/],
    [['dev', '3', '--port', 'http'], /--port takes a number/],
  ])('%j says so in one sentence and exits with 2', (args, sentence) => {
    const { status, stdout, stderr } = workshop(...args);
    expect(stderr).toMatch(sentence);
    expect(stderr.split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

describe.runIf(process.platform !== 'win32')('a shell that lets a process open few files', () => {
  const limited = (limit: number, ...args: string[]) =>
    spawnSync('sh', ['-c', `ulimit -n ${limit} && exec "$@"`, 'sh', process.execPath, script, ...args], {
      encoding: 'utf8',
    });

  it('is named by a check in one sentence, before anything starts', () => {
    const { status, stdout, stderr } = limited(256, 'check', '1');
    expect(stderr).toBe(
      'A process may open 256 files and connections here, and the workshop needs 1,024. Raise the limit, then try again: ulimit -n 4096 (in a container: docker run --ulimit nofile=4096).\n',
    );
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it('is named by doctor, with what to do about it', { timeout: 60_000 }, () => {
    const { status, stdout } = limited(256, 'doctor');
    expect(stdout).toMatch(/✘ Files +256 at a time for a process; a check needs 1,024/);
    expect(stdout).toMatch(/To fix it: .*ulimit -n 4096/);
    expect(status).toBe(1);
  });
});

describe('another Node than the one of this folder', () => {
  // Older npm versions leave the system's Node in front. A hard link stands for it: the same program in another place.
  const folder = mkdtempSync(join(cacheDir, 'other-node-'));
  const otherNode = join(folder, 'node');
  linkSync(process.execPath, otherNode);
  const run = (...args: string[]) => spawnSync(otherNode, [script, ...args], { encoding: 'utf8' });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('hands the command on to the one of this folder', () => {
    expect(run('doctor').stdout).toMatch(/Node +\d+\.\d+\.\d+, from this folder's node_modules/);
  });
  it('ends as the command ends', () => {
    expect(run('chek')).toMatchObject({ status: 2, stderr: expect.stringContaining('Did you mean check?') });
    expect(run('lessons').status).toBe(0);
  });
  it.each(Object.entries(signalExitCodes))(
    'passes %s on when it is sent to nobody else',
    { timeout: 30_000 },
    async (signal, code) => {
      const child = spawn(otherNode, [script, 'dev', '2', '--solution'], { stdio: ['ignore', 'pipe', 'ignore'] });
      for await (const line of createInterface({ input: child.stdout })) if (line.includes('Try:')) break;
      child.kill(signal as NodeJS.Signals);
      expect(await once(child, 'exit')).toEqual([code, null]);
    },
  );
});

describe.skipIf(process.platform === 'win32')('verify', () => {
  it('ends when it is told to, without a row for what it could not judge any more', async () => {
    const child = spawn(process.execPath, [script, 'verify', '3', '--no-load'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const said = text(child.stdout);
    const checks = () => processTree(child.pid ?? 0).filter(({ pid }) => commandOf(pid).includes('lane-process'));
    await expect.poll(() => checks().length, { timeout: 20_000 }).toBeGreaterThan(2);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
    expect(await said).not.toContain('no result');
  });
});

describe('the list of lessons', () => {
  it('names each lesson with its minutes and the next step, without colours when it is no terminal', () => {
    const { status, stdout } = workshop('lessons');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ +3 +sessions +\d+ min/m);
    expect(stdout).toMatch(/npm run check lesson-\d+/);
    expect(stdout).not.toContain('\u001b[');
  });
});
