import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyWorkshop, type WorkshopCopy } from './workshop-copy.ts';

let copy: WorkshopCopy;
beforeAll(() => {
  copy = copyWorkshop();
  copy.write(
    'lessons/01-tiny/src/greeting.ts',
    `console.log('starting');
console.error('with a warning');
process.on('SIGTERM', () => {
  console.log('closing');
  process.exit();
});
export const greeting = 'mine';
`,
  );
});
afterAll(() => copy[Symbol.dispose]());

describe('npm run check -- --output', { timeout: 60_000 }, () => {
  it('shows what the app prints from its first line to its last, marked with its instance', () => {
    const { stdout, status } = copy.run('check', '1', '--no-load', '--output');
    for (const line of ['starting', 'with a warning', 'closing'])
      expect(stdout.match(new RegExp(`^ {2}instance 1 │ ${line}$`, 'gm'))).toHaveLength(1);
    expect(stdout).toMatch(/✔ the page greets/);
    expect(status).toBe(0);
  });

  it('shows nothing of it without the flag', () => {
    expect(copy.run('check', '1', '--no-load').stdout).not.toContain('starting');
  });

  it('prints it beside the JSON, which stays whole', () => {
    const { stdout, stderr } = copy.run('check', '1', '--no-load', '--output', '--json');
    expect(JSON.parse(stdout).verdict).toBe('pass');
    expect(stderr).toMatch(/instance 1 │ starting/);
  });

  it('says how much it leaves out of what nobody can read', () => {
    copy.write(
      'lessons/01-tiny/src/greeting.ts',
      "for (let line = 0; line < 50_000; line++) console.log('line', line);\nexport const greeting = 'mine';\n",
    );
    const { stdout } = copy.run('check', '1', '--no-load', '--output');
    expect(stdout).toMatch(/instance 1 │ … \d{3,} more lines within a second, not shown/);
    expect(stdout.match(/instance 1 │ line/g)?.length).toBeLessThan(2_000);
  });
});
