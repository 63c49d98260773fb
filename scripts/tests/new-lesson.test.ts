import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyWorkshop, type WorkshopCopy } from './workshop-copy.ts';

let copy: WorkshopCopy;
beforeAll(() => {
  copy = copyWorkshop();
});
afterAll(() => copy[Symbol.dispose]());

describe('npm run new', { timeout: 90_000 }, () => {
  it('lays down a lesson that runs: its starter fails, its solution holds, and verify says what is unfinished', () => {
    const { status, stdout, stderr } = copy.run('new', '11', 'errors');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('checks/11-errors/lesson.ts');
    expect(readFileSync(copy.path('lessons/11-errors/README.md'), 'utf8')).toMatch(/^# Lesson 11: /);
    expect(copy.run('check', '11', '--no-load').stdout).toMatch(/✘ the health check answers/);
    expect(copy.run('check', '11', '--no-load', '--solution').stdout).toContain('pass: 3 of 3 behaviours hold');

    copy.write(
      'checks/11-errors/lesson.ts',
      readFileSync(copy.path('checks/11-errors/lesson.ts'), 'utf8').replace("['healthy']", '[]'),
    );
    expect(copy.run('verify', '11', '--write-starter-fails').stdout).toBe('  11-errors: healthy\n');
    const verify = copy.run('verify', '11', '--no-load');
    expect(verify.stdout).toContain('4 verdicts right, 0 wrong');
    expect(verify.stdout).toContain('11-errors is unfinished: checks/11-errors/wrong-turns has 1 of at least 6');
    expect(verify.stdout).toContain('11-errors is unfinished: lessons/11-errors/README.md has a TODO');
    expect(verify.status).toBe(1);
  });

  it('refuses a number that is taken, and a name that is none', () => {
    expect(copy.run('new', '1', 'again').stderr).toBe('Lesson 1 is there already: checks/01-tiny.\n');
    expect(copy.run('new', 'errors').stderr).toMatch(/npm run new 12 rate-limiting/);
    expect(existsSync(copy.path('lessons/01-again'))).toBe(false);
  });
});
