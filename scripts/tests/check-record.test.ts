import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import { copyWorkshop, type WorkshopCopy } from './workshop-copy.ts';

/** The app of the lesson, and somebody who saves another greeting while it is checked. */
const savesMeanwhile = (greeting: string) => `import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { greeting } from './greeting.ts';

createServer((_req, res) => {
  writeFileSync('src/greeting.ts', "export const greeting = '${greeting}';\\n");
  res.writeHead(greeting ? 200 : 500).end(greeting);
}).listen(Number(process.env.PORT));
`;

describe('what a check records', { timeout: 60_000 }, () => {
  let copy: WorkshopCopy;
  beforeAll(() => {
    copy = copyWorkshop();
  });
  afterAll(() => copy[Symbol.dispose]());
  const greet = (greeting: string) =>
    copy.write('lessons/01-tiny/src/greeting.ts', `export const greeting = '${greeting}';\n`);
  const recorded = () => existsSync(copy.path('.workshop/progress.json'));

  it.each([
    ['a pass', 'hello', '', 2, 'inconclusive'],
    ['a fail', '', 'hello', 1, 'fail'],
  ])('is nothing of %s when the sources change meanwhile', (_, at, meanwhile, code, verdict) => {
    greet(at);
    copy.write('lessons/01-tiny/src/server.ts', savesMeanwhile(meanwhile));
    const { status, stdout } = copy.run('check', '1', '--no-load');
    expect(stdout).toContain('src/greeting.ts was changed while the check ran');
    expect(status).toBe(code);
    expect(recorded()).toBe(false);
    greet(at);
    expect((JSON.parse(copy.run('check', '1', '--no-load', '--json').stdout) as CheckResult).verdict).toBe(verdict);
  });

  it('is everything when they are the same at the end', () => {
    greet('hello');
    copy.write('lessons/01-tiny/src/server.ts', savesMeanwhile('hello'));
    expect(copy.run('check', '1', '--no-load').status).toBe(0);
    expect(recorded()).toBe(true);
    expect(readFileSync(copy.path('.workshop/progress.json'), 'utf8')).toContain('"held"');
  });

  it('is which code held, so that a hint says no more of a pass after an edit, until the next check', () => {
    greet('hello');
    copy.run('check', '1', '--no-load');
    const hint = () => copy.run('hint', '1').stdout;
    expect(hint()).toMatch(/Every behaviour held in your last check/);
    greet('hallo');
    expect(hint()).toMatch(/No check has run since the code was changed\. This is the general hint/);
    expect(hint()).not.toMatch(/held|passed/);
    greet('hello');
    expect(hint()).toMatch(/Every behaviour held in your last check/);
    copy.run('reset', '1');
    expect(hint()).toMatch(/No check has run since the starter came back/);
    copy.run('restore', '1');
    expect(hint()).toMatch(/Every behaviour held in your last check/);
  });
});
