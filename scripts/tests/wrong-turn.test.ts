import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyWorkshop, type WorkshopCopy } from './workshop-copy.ts';

let copy: WorkshopCopy;
beforeAll(() => {
  copy = copyWorkshop();
  const expectation = { behaviour: 'greets', message: 'no greeting', why: 'Nobody reads greetings.' };
  copy.write('checks/01-tiny/wrong-turns/silent/expect.json', JSON.stringify(expectation));
  copy.write('checks/01-tiny/wrong-turns/silent/src/notes.ts', 'export {};\n');
});
afterAll(() => copy[Symbol.dispose]());

describe('check --wrong-turn', () => {
  it('judges it over the starter as it was shipped, says why somebody took it, and leaves no progress', () => {
    copy.write('lessons/01-tiny/src/greeting.ts', "export const greeting = 'solved';\n");
    const { status, stdout } = copy.run('check', '1', '--wrong-turn', 'silent', '--no-load');
    expect(stdout).toMatch(/checking the wrong turn silent: Nobody reads greetings\.\n/);
    expect(stdout).toMatch(/✘ the page greets[\s\S]*There is no greeting\./);
    expect(status).toBe(1);
    expect(existsSync(copy.path('.workshop/progress.json'))).toBe(false);
  });

  it('is a change of our solution, where a few lines are all that differs', () => {
    const wrongTurn = 'checks/01-tiny/wrong-turns/empty';
    const expectation = { over: 'solution', behaviour: 'greets', message: 'no greeting', why: 'It is a default.' };
    const change = (line: string) =>
      `--- src/greeting.ts\n+++ src/greeting.ts\n@@ -1,1 +1,1 @@\n-${line}\n+export const greeting = '';\n`;
    copy.write(`${wrongTurn}/expect.json`, JSON.stringify(expectation));
    copy.write(`${wrongTurn}/change.patch`, change("export const greeting = 'hello';"));
    expect(copy.run('check', '1', '--wrong-turn', 'empty', '--no-load').stdout).toMatch(/✘ the page greets/);

    copy.write(`${wrongTurn}/change.patch`, change("export const greeting = 'hi';"));
    const { status, stderr } = copy.run('check', '1', '--wrong-turn', 'empty', '--no-load');
    expect(stderr).toMatch(/change\.patch no longer fits src\/greeting\.ts/);
    expect(status).toBe(2);
    copy.write(`${wrongTurn}/change.patch`, change("export const greeting = 'hello';")); // Others lay out all of them.
  });

  describe('over another way', () => {
    const wrongTurn = 'checks/01-tiny/wrong-turns/whispers';
    const greeting = (text: string) => `${'// Nobody may miss it.\n'.repeat(20)}export const greeting = '${text}';\n`;
    const overs = (over: string) =>
      copy.write(
        `${wrongTurn}/expect.json`,
        JSON.stringify({ over, behaviour: 'greets', message: 'no greeting', why: 'Loud is rude.' }),
      );

    it('is a change of that, for patches, check and verify', () => {
      copy.write('checks/01-tiny/other-ways/loud/src/greeting.ts', greeting('HELLO'));
      copy.write(`${wrongTurn}/src/greeting.ts`, greeting(''));
      overs('loud');
      expect(copy.run('patches').stdout).toBe('lesson 1, whispers: src/greeting.ts\n');
      expect(existsSync(copy.path(wrongTurn, 'src/greeting.ts'))).toBe(false);
      expect(readFileSync(copy.path(wrongTurn, 'change.patch'), 'utf8')).toContain(
        "-export const greeting = 'HELLO';\n",
      );

      const shown = copy.run('check', '1', '--wrong-turn', 'whispers', '--no-load');
      expect(shown.stdout).toMatch(/✘ the page greets/);
      const judged = copy.run('verify', '1', '--only', 'whispers,loud', '--no-load');
      expect(judged.stderr).toBe('');
      expect(judged.stdout).toMatch(/2 verdicts right, 0 wrong/);
    });

    it('says which ways there are when it has another name', () => {
      overs('lout');
      const { status, stderr } = copy.run('check', '1', '--wrong-turn', 'whispers', '--no-load');
      expect(stderr).toMatch(
        /wrong-turns\/whispers\/expect\.json is over "lout"\. Did you mean loud\? There are: starter, solution, loud\./,
      );
      expect(status).toBe(2);
      overs('loud');
    });
  });

  it('is judged by what goes further, too, which may be all that catches it', () => {
    copy.write(
      'checks/01-tiny/check.ts',
      readFileSync(copy.path('checks/01-tiny/check.ts'), 'utf8').replace(
        '  load();',
        "  behaviour('friendly', 'the page says hello', teaching, async (t) => {\n    const { text } = await t.visitor().get('/');\n    t.require(text === 'hello', { expected: 'hello', seen: text });\n  }, { further: true });\n",
      ),
    );
    const expectation = { over: 'solution', behaviour: 'friendly', message: 'seen hi', why: 'It is shorter.' };
    copy.write('checks/01-tiny/wrong-turns/curt/expect.json', JSON.stringify(expectation));
    copy.write('checks/01-tiny/wrong-turns/curt/src/greeting.ts', "export const greeting = 'hi';\n");
    const { stdout } = copy.run('check', '1', '--wrong-turn', 'curt', '--no-load');
    expect(stdout).toMatch(/✔ the page greets[\s\S]*✘ the page says hello[\s\S]*seen:\s+hi/);
  });

  it('lists the names that there are when it does not know one', () => {
    const { status, stdout, stderr } = copy.run('check', '1', '--wrong-turn', 'silence');
    expect(stderr).toBe(
      'Lesson 1 has no wrong turn "silence". Did you mean silent? It has: curt, empty, silent, whispers.\n',
    );
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});
