import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { starterNow } from '../../scripts/authoring/starters.ts';
import { contentOf } from '../../scripts/learner/folder-content.ts';
import { readLessons } from '../../scripts/learner/lesson-list.ts';
import { starterDir } from '../../scripts/learner/starter.ts';
import { bytesOf, copyWorkshop, type WorkshopCopy } from '../../scripts/tests/workshop-copy.ts';

describe("the copy of a lesson's starter", async () => {
  it.each((await readLessons()).map(({ folder }) => folder))('is lessons/%s (npm run starters)', (folder) => {
    const copied = contentOf(starterDir(folder));
    expect(Object.keys(copied)).toContain('src/server.ts');
    expect(copied).toEqual(starterNow(folder));
  });
});

describe('npm run starters', () => {
  let copy: WorkshopCopy;
  const starter = () => bytesOf(copy.path('checks/01-tiny/starter'));
  beforeAll(() => {
    copy = copyWorkshop();
  });
  afterAll(() => copy[Symbol.dispose]());

  it('copies what is new, drops what is gone, and leaves out what does not belong to a lesson', () => {
    copy.write('lessons/01-tiny/src/new.ts', 'export {};\n');
    copy.write('lessons/01-tiny/.gitignore', 'tickets.json\n');
    copy.write('lessons/01-tiny/.DS_Store', 'finder');
    copy.write('lessons/01-tiny/node_modules/left-pad/index.js', '1');
    copy.write('checks/01-tiny/starter/src/old.ts', 'export {};\n');
    const { stdout } = copy.run('starters', '1');
    expect(stdout).toBe('  checks/01-tiny/starter: 5 files, copied from lessons/\n');
    expect(Object.keys(starter())).toEqual([
      '.gitignore',
      'README.md',
      'src/',
      'src/greeting.ts',
      'src/new.ts',
      'src/server.ts',
    ]);
    for (const [file, bytes] of Object.entries(starter()))
      expect(bytesOf(copy.path('lessons/01-tiny'))[file]).toBe(bytes);
  });

  it('changes nothing the second time', () => {
    copy.run('starters');
    expect(copy.run('starters').stdout).toBe('  checks/01-tiny/starter: 5 files\n  checks/02-other/starter: 2 files\n');
  });
});
