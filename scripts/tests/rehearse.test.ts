import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyWorkshop, type WorkshopCopy } from './workshop-copy.ts';

let copy: WorkshopCopy;
beforeAll(() => {
  copy = copyWorkshop();
});
afterAll(() => copy[Symbol.dispose]());

describe('npm run rehearse', () => {
  it("judges our solutions, not the learner's app, and leaves no progress", () => {
    const { status, stdout } = copy.run('rehearse', '1', '--no-load');
    expect(stdout).toMatch(/✔ {2}1 Lesson 1 holds +[\d.]+ m?s\n[\s\S]*1 of 1 pass here\.\n$/);
    expect(status).toBe(0);
    expect(existsSync(copy.path('.workshop/progress.json'))).toBe(false);
  });

  it('says why a solution does not pass here, and goes on with the next lesson', () => {
    copy.write('solutions/01-tiny/src/greeting.ts', "export const greeting = '';\n");
    const { status, stdout } = copy.run('rehearse', '--no-load');
    expect(stdout).toMatch(/✘ {2}1 Lesson 1 holds[^\n]*\n {6}the page greets: expected 200, seen 404/);
    expect(stdout).toMatch(/✘ {2}2 Lesson 2 holds[^\n]*\n[\s\S]*There is no folder[\s\S]*0 of 2 pass here\.\n$/);
    expect(status).toBe(1);
  });
});
