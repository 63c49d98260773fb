import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseHints, readHints, terminalLines } from '../learner/hint-texts.ts';
import { readLessons } from '../learner/lesson-list.ts';
import { type Attempt, progressVersion } from '../learner/progress.ts';
import { copyWorkshop, type WorkshopCopy } from './workshop-copy.ts';

let copy: WorkshopCopy;
beforeAll(() => {
  copy = copyWorkshop();
});
afterAll(() => copy[Symbol.dispose]());

const failed: Attempt = { verdict: 'fail', at: '2026-01-01T00:00:00Z', held: 1, behaviours: 3, failing: 'greets' };

function given(last: Attempt | undefined): void {
  const lesson = last ? { last, ...(last.verdict === 'pass' ? { best: last } : {}) } : {};
  copy.write('.workshop/progress.json', JSON.stringify({ version: progressVersion, lessons: { '01-tiny': lesson } }));
}

const hint = (...flags: string[]) => copy.run('hint', 'lesson-1', ...flags).stdout;

describe('npm run hint', () => {
  it('gives the levels for the last failing behaviour one after the other, and remembers them', () => {
    given(failed);
    expect(hint()).toMatch(
      /"greets"[\s\S]*hint 1 of 3\n\n {2}Where does the greeting come from\?\n[\s\S]*npm run hint/,
    );
    expect(hint()).toMatch(/hint 2 of 3\n\n {2}See Node\.js \(https:\/\/nodejs\.org\/\)\.\n/);
    expect(hint()).toMatch(/hint 3 of 3\n\n {2}A constant[\s\S]*npm run diff lesson-1/);
    expect(hint()).toMatch(/hint 3 of 3/);
    expect(hint('--again')).toMatch(/hint 1 of 3[\s\S]*hint 2 of 3[\s\S]*hint 3 of 3/);
  });

  it('shows what was seen also after a pass, and speaks of no pass after a reset', () => {
    const passed = { ...failed, verdict: 'pass', failing: undefined };
    const lesson = { last: passed, best: passed, hints: { greets: 2 } };
    copy.write('.workshop/progress.json', JSON.stringify({ version: progressVersion, lessons: { '01-tiny': lesson } }));
    copy.write('lessons/01-tiny/src/greeting.ts', "export const greeting = 'mine';\n");
    expect(hint()).toMatch(/Your last check passed/);
    expect(hint('--again')).toMatch(/"greets"[\s\S]*hint 1 of 3[\s\S]*hint 2 of 3/);
    copy.run('reset', '1');
    expect(hint()).not.toMatch(/passed/);
  });

  it.each([
    ['no check has run', undefined, /No check has run yet[\s\S]*The general one\./],
    [
      'a behaviour without hints of its own failed',
      { ...failed, failing: 'nameless' },
      /as a whole[\s\S]*The general one\./,
    ],
    [
      'what every lesson asks for failed, and the lesson has no hint of its own',
      { ...failed, failing: 'stops' },
      /"stops"[\s\S]*What does the app do on SIGTERM/,
    ],
    [
      'the last check passed',
      { ...failed, verdict: 'pass', failing: undefined },
      /passed: there is nothing to hint at/,
    ],
    ['only the load is left', { ...failed, verdict: 'held', failing: undefined }, /What is left is the load/],
    ['the check could not judge', { ...failed, verdict: 'inconclusive', failing: undefined }, /npm run doctor/],
  ] as const)('says what fits when %s', (_when, last, sentence) => {
    copy.write('lessons/01-tiny/src/greeting.ts', "export const greeting = 'mine';\n"); // No starter has passed.
    given(last as Attempt | undefined);
    expect(hint()).toMatch(sentence);
  });
});

describe('npm run diff', () => {
  it('refuses without a terminal while the lesson is not passed, unless told otherwise', () => {
    given(failed);
    expect(copy.run('diff', '1')).toEqual({
      status: 2,
      stdout: '',
      stderr: 'Lesson 1 is not passed yet; to see our solution all the same: npm run diff lesson-1 -- --yes\n',
    });
    expect(copy.run('diff', '1', '--yes').status).toBe(0);
  });

  it('shows what differs, also files that only one side has, and no line ends', () => {
    given({ ...failed, verdict: 'pass' });
    copy.write('lessons/01-tiny/src/greeting.ts', "// mine\r\nexport const greeting = 'hello';\r\n");
    copy.write('lessons/01-tiny/src/größe 1.ts', 'export {};\n');
    copy.write('lessons/01-tiny/src/seats.bin', Buffer.from([0, 1]));
    const { stdout } = copy.run('diff', '1');
    expect(stdout).toMatch(/^greeting\.ts\n.*\n {2}-\/\/ mine\n {3}export const greeting = 'hello';\n\n/);
    expect(stdout).toMatch(/größe 1\.ts \(yours only\)/);
    expect(stdout).toMatch(/seats\.bin\n {2}not text/);
    expect(stdout).not.toContain('server.ts');
  });
});

describe('the ecosystem file of a lesson that has one', () => {
  beforeAll(() => {
    const lesson = readFileSync(copy.path('checks/02-other/lesson.ts'), 'utf8');
    copy.write(
      'checks/02-other/lesson.ts',
      lesson.replace('instances: 1', "instances: 1, ecosystem: 'app.config.cjs'"),
    );
    copy.write('checks/02-other/hints.md', readFileSync(copy.path('checks/01-tiny/hints.md')));
    copy.write('checks/02-other/starter/app.config.cjs', 'module.exports = 1;\n');
    copy.write('lessons/02-other/app.config.cjs', 'module.exports = 2;\n');
    copy.write('solutions/02-other/app.config.cjs', 'module.exports = 3;\n');
  });

  it('is shown by npm run diff beside src', () => {
    expect(copy.run('diff', '2', '--yes').stdout).toMatch(
      /^app\.config\.cjs\n.*\n {2}-module\.exports = 2;\n {2}\+module\.exports = 3;\n/m,
    );
  });

  it('is part of the app: whoever has changed nothing else has no starter any more', () => {
    const passed = { ...failed, verdict: 'pass', failing: undefined };
    const lessons = { '02-other': { last: passed, best: passed } };
    copy.write('.workshop/progress.json', JSON.stringify({ version: progressVersion, lessons }));
    expect(copy.run('hint', '2').stdout).toContain('Your last check passed');
    copy.write('lessons/02-other/app.config.cjs', 'module.exports = 1;\n');
    expect(copy.run('hint', '2').stdout).toContain('since the starter came back');
  });
});

describe('hints.md', async () => {
  it.each((await readLessons()).map((lesson) => [lesson.folder, lesson] as const))(
    'of %s has three levels for start, stop and load, each behaviour that the starter fails, and the lesson as a whole',
    (folder, lesson) => {
      const hints = readHints(folder);
      expect([...hints.keys()]).toEqual(
        expect.arrayContaining(['general', 'starts', 'stops', ...lesson.starterFails, 'load']),
      );
      for (const [id, levels] of hints) expect([id, levels.filter(Boolean).length]).toEqual([id, 3]);
    },
  );
  it('is read whatever its line ends', () => {
    expect(parseHints('# x\r\n\r\n## a\r\n\r\n### 1\r\n\r\nOne.\r\n').get('a')).toEqual(['One.']);
  });
  it('keeps code and lists as they are', () => {
    expect(terminalLines('One\ntwo.\n\n- a\n- b')).toEqual(['  One two.', '', '  - a', '  - b']);
  });
});
