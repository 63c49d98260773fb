import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, copyWorkshop, gitIn, type WorkshopCopy } from './workshop-copy.ts';

// A workshop, and a learner's clone of it in a folder of its own. What WORKSHOP.md says of upgrading is done here.
let upstream: WorkshopCopy;
let clone: string;
beforeEach(() => {
  upstream = copyWorkshop();
  clone = join(upstream.dir, 'clone');
  gitIn(upstream.dir, 'clone', '--quiet', upstream.dir, clone);
});
afterEach(() => upstream[Symbol.dispose]());

const read = (file: string) => readFileSync(join(clone, file), 'utf8');
const mine = "export const greeting = 'mine';\n";
const progress = '{"version": 1, "lessons": {}}';

function learnerWorks(): void {
  writeIn('lessons/01-tiny/src/greeting.ts', mine);
  writeIn('lessons/01-tiny/src/größe 1.ts', 'export {};\n');
  writeIn('.workshop/progress.json', progress);
}

const writeIn = (file: string, content: string) => upstream.write(join('clone', file), content);

function release(): void {
  upstream.write('lessons/01-tiny/README.md', '# Tiny\n\nThe page is answered, and says more.\n');
  upstream.write('lessons/01-tiny/src/greeting.ts', "// The greeting of the shop.\nexport const greeting = '';\n");
  upstream.run('starters');
  upstream.git('add', '--all', '--', ':!clone');
  upstream.git('commit', '--quiet', '-m', 'A release');
}

describe('an upgrade of the workshop', () => {
  it('keeps work that is committed and progress, and resets to the new starter', () => {
    learnerWorks();
    gitIn(clone, 'add', 'lessons');
    gitIn(clone, 'commit', '--quiet', '-m', 'My work');
    release();
    gitIn(clone, 'pull', '--quiet', '--no-rebase', '--no-edit', '-X', 'ours');
    expect(gitIn(clone, 'log', '-1', '--format=%p').trim().split(' ')).toHaveLength(2); // A real merge.
    expect(read('lessons/01-tiny/src/greeting.ts')).toContain(mine);
    expect(read('lessons/01-tiny/src/größe 1.ts')).toBe('export {};\n');
    expect(read('lessons/01-tiny/README.md')).toContain('says more');
    expect(read('.workshop/progress.json')).toBe(progress);

    expect(upstream.runIn(clone, 'reset', '1').stderr).toBe('');
    expect(bytesOf(join(clone, 'lessons'))).toEqual(bytesOf(upstream.path('lessons')));
  });

  it('leaves work alone that is not committed: git refuses and changes nothing', () => {
    learnerWorks();
    release();
    const before = bytesOf(join(clone, 'lessons'));
    expect(() => gitIn(clone, 'pull', '--quiet', '--no-rebase', '--no-edit', '-X', 'ours')).toThrow(
      /overwritten by merge/,
    );
    expect(bytesOf(join(clone, 'lessons'))).toEqual(before);
    expect(read('.workshop/progress.json')).toBe(progress);
  });
});
