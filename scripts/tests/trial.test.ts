import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import { trialRow } from '../authoring/trial-fixes.ts';
import { copyWorkshop, type WorkshopCopy } from './workshop-copy.ts';

let copy: WorkshopCopy;
beforeAll(() => {
  copy = copyWorkshop();
  const greeting = (text: string) => `export const greeting = '${text}';\n`;
  copy.write('fixes/01-tiny/right/says-hello/src/greeting.ts', greeting('hello'));
  copy.write('fixes/01-tiny/wrong/says-nothing/src/greeting.ts', greeting(''));
  copy.write('fixes/01-tiny/wrong/says-nothing/expect.json', '{ "behaviours": ["greets"] }');
  copy.write('missed/01-tiny/wrong/says-hello/src/greeting.ts', greeting('hello'));
  copy.write('missed/01-tiny/wrong/says-hello/expect.json', '{ "idea": "It is a greeting." }');
  copy.write('missed/01-tiny/right/says-nothing/src/greeting.ts', greeting(''));
  copy.write('starless/01-tiny/right/says-hello/src/greeting.ts', greeting('hello'));
  copy.write('nobodys/99-none/right/a/src/server.ts', '');
});
afterAll(() => copy[Symbol.dispose]());

describe('npm run trial', { timeout: 60_000 }, () => {
  it('says of each fix what the check made of it, in the sentence that its author would have read', () => {
    const { status, stdout } = copy.run('trial', copy.path('fixes'), '--no-load');
    expect(stdout).toMatch(/✔ 01-tiny {2}right {2}says-hello +pass\n/);
    expect(stdout).toMatch(/✔ 01-tiny {2}wrong {2}says-nothing +greets\n/);
    expect(stdout).toMatch(/There is no\s+greeting\./);
    expect(stdout).toMatch(/right: 1 of 1 pass\nwrong: 1 of 1 fail as they must\n/);
    expect(status).toBe(0);
  });

  it('ends with 1 when a wrong fix passes or a right one fails', () => {
    const { status, stdout } = copy.run('trial', copy.path('missed'), '--no-load');
    expect(stdout).toMatch(/✘ 01-tiny {2}wrong {2}says-hello +pass\n {4}idea: It is a greeting\.\n/);
    expect(stdout).toMatch(/✘ 01-tiny {2}right {2}says-nothing +greets\n/);
    expect(stdout).toMatch(/right: 0 of 1 pass\nwrong: 0 of 1 fail as they must\n/);
    expect(status).toBe(1);
  });

  it('asks no more than the core of a fix, if told so', () => {
    const check = readFileSync(copy.path('checks/01-tiny/check.ts'), 'utf8');
    const further = `  const robots = async (t) => void (await t.visitor().get('/robots.txt')).mustBe(204);
  behaviour('robots', 'robots are welcome', teaching, robots, { further: true });
  load();`;
    copy.write('checks/01-tiny/check.ts', check.replace('  load();', further));
    const whole = copy.run('trial', copy.path('starless'), '--no-load');
    expect(whole.stdout).toMatch(/✘ 01-tiny {2}right {2}says-hello +robots\n/);
    expect(whole.status).toBe(1);
    const core = copy.run('trial', copy.path('starless'), '--no-load', '--core');
    expect(core.stdout).toMatch(/✔ 01-tiny {2}right {2}says-hello +pass\n/);
    expect(core.status).toBe(0);
  });

  it('blames a shop of the exam for what it was written to lose, and not for what another shop loses, too', () => {
    const part = (id: string, outcome: string) => ({ id, title: id, outcome, elapsedMs: 1 });
    const score = { points: 92, of: 100, passAt: 80, open: 0 };
    const result = {
      verdict: 'pass',
      score,
      behaviours: [part('metrics', 'fail'), part('mail', 'fail'), part('login', 'pass')],
      further: { verdict: 'not-judged', behaviours: [] },
    } as unknown as CheckResult;
    const rowOf = (behaviours?: string[]) => {
      const expects = behaviours ? { behaviours } : {};
      return trialRow({ lesson: {} as Lesson, side: 'wrong', name: 'a', files: '', expects }, result);
    };
    expect(rowOf(['mail'])).toMatchObject({ asItMust: true, got: 'mail, 92 points' });
    expect(rowOf(['login'])).toMatchObject({ asItMust: false, got: 'metrics, 92 points' });
    expect(rowOf()).toMatchObject({ asItMust: false });
  });

  it('says which folder is named after no lesson', () => {
    const { status, stderr } = copy.run('trial', copy.path('nobodys'));
    expect(stderr).toMatch(/99-none is named after no lesson/);
    expect(status).toBe(2);
  });
});
