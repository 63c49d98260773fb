import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyWorkshop, type WorkshopCopy } from './workshop-copy.ts';

let copy: WorkshopCopy;
let outside: string;
beforeAll(() => {
  copy = copyWorkshop();
  outside = join(mkdtempSync(join(tmpdir(), 'encore outside-')), 'app');
  mkdirSync(join(outside, 'src'), { recursive: true });
  writeFileSync(
    join(outside, 'src/server.ts'),
    `import express from 'express';\nexpress().get('/', (_req, res) => void res.send('hello')).listen(process.env.PORT);\n`,
  );
});
afterAll(() => {
  copy[Symbol.dispose]();
  rmSync(join(outside, '..'), { recursive: true, force: true });
});

describe('an app in a folder outside the workshop', () => {
  it('is checked with the workshop’s packages, which is said, and nothing is written to it', () => {
    const { stdout, stderr, status } = copy.run('check', '1', '--no-load', '--subject', outside);
    expect(stdout).toContain("No packages are found from there, so a copy is checked, with the workshop's packages.");
    expect(stdout).toMatch(/✔ the page greets/);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(existsSync(join(outside, 'node_modules'))).toBe(false);
  });

  it('is not started by dev, which would not see a save, and says what to do', () => {
    const { stderr, status } = copy.run('dev', '1', '--subject', outside);
    expect(stderr).toBe(
      `Node finds no express from ${outside}: copy that folder into this one, or run npm install express there.\n`,
    );
    expect(status).toBe(2);
  });

  it('runs where it is when it has packages of its own', () => {
    cpSync(copy.path('node_modules/express'), join(outside, 'node_modules/express'), { recursive: true });
    const { stdout } = copy.run('check', '1', '--no-load', '--subject', outside);
    expect(stdout).not.toContain('a copy is checked');
  });
});
