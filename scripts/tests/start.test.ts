import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { look } from '../../checks/harness/app/sources.ts';
import { watchSources } from '../running/source-watcher.ts';
import { seenWithinMs, startCommand, Terminal } from './terminal.ts';
import { copyWorkshop, type WorkshopCopy } from './workshop-copy.ts';

let copy: WorkshopCopy;
beforeAll(() => {
  copy = copyWorkshop();
});
afterAll(() => copy[Symbol.dispose]());

const greeting = 'lessons/01-tiny/src/greeting.ts';
const fails = /fail: 1 of 3 behaviours hold/;
const keyLine = '  c check  l load  f further  h hint  o output  d diff  n next  p list  r reset  q quit';

async function nothingLeft(terminal: Terminal): Promise<number[]> {
  for (let look = 0; look < 60 && terminal.processes().length > 0; look++) await delay(50);
  return terminal.processes();
}

describe('npm start without a terminal', () => {
  it('prints where the learner is and ends with 0', () => {
    const { status, stdout } = copy.run('start');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /→ +1 +tiny[\s\S]*Edit +lessons\/01-tiny\/src[\s\S]*fails, and is meant to[\s\S]*npm run check lesson-1/,
    );
    expect(stdout).not.toContain('\u001b[');
  });
  it('remembers the lesson that was chosen', () => {
    expect(copy.run('start', 'other').stdout).toMatch(/→ +2 +other/);
    expect(copy.run('start').stdout).toMatch(/→ +2 +other/);
    copy.run('start', '1');
  });
});

// `script` of other systems takes other flags.
describe.runIf(process.platform === 'linux' && existsSync('/usr/bin/script'))(
  'npm start on a terminal',
  { timeout: Math.max(40_000, 8 * seenWithinMs) },
  () => {
    it('checks at once and on every save, and does what the keys say', async () => {
      await using terminal = new Terminal(copy);
      await terminal.sees(/The first check fails, and is meant to/);
      await terminal.sees(fails);
      await terminal.sees(/, last: fail\./);
      await delay(50);
      expect(terminal.lastLine).toBe(keyLine);

      terminal.press('h');
      await terminal.sees(/"greets"[\s\S]*hint 1 of 3[\s\S]*Press h again/);
      terminal.press('d');
      await terminal.sees(/Show our solution all the same\? y\/N/);
      terminal.press('n');
      await terminal.sees(/watching lessons/);
      terminal.press('d');
      await terminal.sees(/y\/N/);
      terminal.press('y');
      await terminal.sees(/\+export const greeting = 'hello'/);

      copy.write(greeting, "export const greeting = 'mine';\n");
      await terminal.sees(/saved: src\/greeting\.ts/);
      await terminal.sees(/press l[\s\S]*, last: every behaviour holds\./);
      terminal.press('every');
      await terminal.sees(/Several keys at once/);
      terminal.press('r');
      await terminal.sees(/Put the starter back\?/);
      terminal.press('y\r'); // Two stray keys are not enough.
      await terminal.sees(/watching lessons/);
      expect(readFileSync(copy.path(greeting), 'utf8')).toContain('mine');
      terminal.press('r');
      await terminal.sees(/Put the starter back\?/);
      terminal.press('reset\r');
      await terminal.sees(/The starter is back[\s\S]*the starter is back/);
      expect(readFileSync(copy.path(greeting), 'utf8')).toBe("export const greeting = '';\n");
      await terminal.sees(fails);
      await terminal.sees(/Your version is kept in \.workshop[\s\S]*watching lessons/);

      terminal.press('l');
      await terminal.sees(/No load was run: it waits until every behaviour holds\. Load anyway\? y\/N/);
      terminal.press('n');
      await terminal.sees(/watching lessons/);
      terminal.press('\u001a'); // Nobody could wake this job, so it goes on at once.
      await terminal.sees(/watching lessons/);
      terminal.press('c');
      await terminal.sees(/checking …/);
      terminal.press('p');
      await terminal.sees(/Which one\?/);
      terminal.press('2\r');
      await terminal.sees(/lesson 2 · Lesson 2 holds/);
      terminal.press('q');
      await terminal.sees(/exit 0/);
      await terminal.sees(/[^-]icanon/);
      expect(await nothingLeft(terminal)).toEqual([]);
    });

    it('runs one check for ten saves in a second, and never two at once', async () => {
      await using terminal = new Terminal(copy, '1');
      await terminal.sees(fails);
      const checksAtOnce: number[] = [];
      const count = () => checksAtOnce.push(terminal.checks().length);
      let longestPauseMs = 0;
      for (let save = 0; save < 10; save++) {
        copy.write(greeting, `export const greeting = ''; // ${save}\n`);
        const savedAt = performance.now();
        await delay(100);
        count();
        longestPauseMs = Math.max(longestPauseMs, performance.now() - savedAt);
      }
      await terminal.sees(/saved: /);
      // While it runs, a save and a key each end it and begin the next.
      await delay(200);
      terminal.press('c');
      await terminal.sees(/… stopped/);
      count();
      copy.write(greeting, "export const greeting = '';\n");
      await terminal.sees(/… stopped[\s\S]*saved: /);
      for (let look = 0; look < 20; look++) {
        count();
        await delay(50);
      }
      await terminal.sees(fails);
      expect(Math.max(...checksAtOnce)).toBe(1);
      // On a busy machine this test saves so slowly that its pauses are the end of a burst.
      if (longestPauseMs < 140) expect(terminal.count(/saved: /)).toBe(2);
      terminal.press('\u0003');
      await terminal.sees(/exit 0[\s\S]*[^-]icanon/);
      expect(await nothingLeft(terminal)).toEqual([]);
    });

    it('gives the terminal back and leaves nothing when it is told to end in the middle of a check', async () => {
      await using terminal = new Terminal(copy, '1');
      await terminal.sees(/checking lessons/);
      await delay(300);
      const [pid] = terminal.processes(startCommand);
      if (!pid) throw new Error('npm start is not found among the processes'); // 0 would be this test's own group.
      process.kill(pid, 'SIGTERM');
      await terminal.sees(/exit 143[\s\S]*[^-]icanon/);
      expect(await nothingLeft(terminal)).toEqual([]);
      expect(readdirSync(copy.path('.workshop/runs'))).toEqual([]);
    });

    it('leaves nothing either when it is killed with SIGKILL in the middle of a check', async () => {
      await using terminal = new Terminal(copy, '1');
      await terminal.sees(/checking lessons/);
      await delay(300);
      const [pid] = terminal.processes(startCommand);
      if (!pid) throw new Error('npm start is not found among the processes'); // 0 would be this test's own group.
      process.kill(pid, 'SIGKILL');
      await terminal.sees(/exit 137/);
      expect(await nothingLeft(terminal)).toEqual([]);
    });
  },
);

describe('looking at source files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sources-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  it('takes no notice of packages, of editors’ own files, and of what an app writes', () => {
    for (const name of ['app.ts', 'app.ts~', '.app.ts.swp', '#app.ts#', 'sessions.json', 'notes.md', 'lib.mjs'])
      writeFileSync(join(dir, name), '');
    expect([...look(dir).keys()].map((path) => path.slice(dir.length + 1))).toEqual(['app.ts', 'lib.mjs']);
  });
  it('sees a save of the same length, once', async () => {
    const stop = new AbortController();
    const saved: string[] = [];
    const watching = watchSources(dir, (file) => saved.push(file), stop.signal);
    writeFileSync(join(dir, 'app.ts'), 'a');
    await expect.poll(() => saved, { timeout: 10_000 }).toEqual(['app.ts']);
    writeFileSync(join(dir, 'app.ts'), 'b');
    await expect.poll(() => saved, { timeout: 10_000 }).toEqual(['app.ts', 'app.ts']);
    stop.abort();
    await watching;
    expect(saved).toEqual(['app.ts', 'app.ts']);
  });
});
