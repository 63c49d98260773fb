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
    expect(stderr).toBe('Lesson 1 has no wrong turn "silence". Did you mean silent? It has: curt, empty, silent.\n');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});
