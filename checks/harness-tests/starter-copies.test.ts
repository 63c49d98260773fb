import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repoDir } from '../harness/run.ts';

/** The hash of a folder's content as it is committed, or undefined without git. Learners change their lessons/. */
function committed(folder: string): string | undefined {
  try {
    const silent = { cwd: repoDir, stdio: 'pipe' } as const;
    return execFileSync('git', ['rev-parse', `HEAD:${folder}`], silent)
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}

const lessons = readdirSync(join(repoDir, 'checks')).filter((name) =>
  existsSync(join(repoDir, 'checks', name, 'starter')),
);

describe("a check's copy of the starter", () => {
  it.each(lessons)('is the starter of %s as it is shipped', (lesson) => {
    const shipped = committed(`lessons/${lesson}/src`);
    if (shipped) expect(committed(`checks/${lesson}/starter/src`)).toBe(shipped);
  });
});
