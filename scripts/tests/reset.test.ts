import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, copyWorkshop, type WorkshopCopy } from './workshop-copy.ts';

/** More of them by hand: RESET_ROUNDS=20 npx vitest run reset */
const rounds = Number(process.env.RESET_ROUNDS ?? 4);

let copy: WorkshopCopy;
let starter: Record<string, string>;
const lesson = () => copy.path('lessons/01-tiny');
const keptIn = () => copy.path('.workshop/kept/01-tiny');
const lastKept = () => join(keptIn(), readdirSync(keptIn()).sort().at(-1) ?? '');

beforeAll(() => {
  copy = copyWorkshop();
  starter = bytesOf(lesson());
});
afterAll(() => copy[Symbol.dispose]());

/** What a learner may do to a lesson, by a number that chooses the names. */
const deeds: ((n: number) => void)[] = [
  (n) => copy.write('lessons/01-tiny/src/greeting.ts', `export const greeting = 'edit ${n}';\r\n`),
  (n) => copy.write(`lessons/01-tiny/src/größe und ${n}.ts`, `// ä ${n}`),
  (n) => copy.write(`lessons/01-tiny/a folder ${n}/deep/bytes.bin`, Buffer.from([0, 255, 13, 10, n])),
  () => rmSync(join(lesson(), 'README.md'), { force: true }),
  () => rmSync(join(lesson(), 'src'), { recursive: true, force: true }),
  (n) => mkdirSync(join(lesson(), `empty ${n}`), { recursive: true }),
  (n) => symlinkSync('../src/server.ts', join(lesson(), `link ${n}`)),
  (n) => {
    copy.write(`lessons/01-tiny/run ${n}.sh`, 'echo');
    chmodSync(join(lesson(), `run ${n}.sh`), 0o755);
  },
  (n) => copy.write('lessons/01-tiny/node_modules/left-pad/index.js', `${n}`),
  (n) => copy.write(`lessons/01-tiny/ignored ${n}.log`, 'ignored by git'),
  () => {
    copy.git('add', '--all');
    copy.git('commit', '--quiet', '--allow-empty', '-m', 'My work');
  },
];

describe('reset and restore', { timeout: 20_000 + rounds * 5_000 }, () => {
  it(`bring back every byte, in ${rounds} rounds of edits, commits, additions and deletions`, () => {
    let seed = 7;
    const draw = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647; // The same every time.
      return seed % below;
    };
    const other = bytesOf(copy.path('lessons/02-other'));
    for (let round = 0; round < rounds; round++) {
      // An edit that nobody else makes, so that there is something to keep.
      copy.write('lessons/01-tiny/notes.txt', `round ${round}`);
      for (let deed = 0; deed < 5; deed++) deeds[draw(deeds.length)]?.(round * 10 + deed);
      const learners = bytesOf(lesson());
      expect(copy.run('reset', '1').stderr).toBe('');
      expect(bytesOf(lesson())).toEqual(starter);
      expect(bytesOf(lastKept())).toEqual(learners);
      expect(copy.run('restore', '1').stderr).toBe('');
      expect(bytesOf(lesson())).toEqual(learners);
    }
    expect(bytesOf(copy.path('lessons/02-other'))).toEqual(other);
    expect(copy.run('restore', '1', '--list').stdout.match(/kept.01-tiny/g)).toHaveLength(rounds);
  });

  it('say what they did, and do nothing twice', () => {
    copy.write('lessons/01-tiny/notes.txt', 'mine');
    const reset = copy.run('reset', 'tiny');
    expect(reset.stdout).toMatch(/kept in \.workshop\S+[\s\S]*npm run restore lesson-1/);
    expect(copy.run('reset', '1').stdout).toMatch(/is the starter already; nothing was changed/);
    const kept = readdirSync(keptIn());
    copy.run('restore', '1');
    expect(copy.run('restore', '1').stdout).toMatch(/is that version already; nothing was changed/);
    expect(readdirSync(keptIn())).toEqual(kept);
  });

  it('keep what a restore replaces, and bring an older version back', () => {
    copy.write('lessons/01-tiny/notes.txt', 'older');
    copy.run('reset', '1');
    const older = lastKept();
    copy.write('lessons/01-tiny/notes.txt', 'newer');
    const restored = copy.run('restore', '1', '--from', older.slice(-24));
    expect(restored.stdout).toMatch(/What was there is kept in/);
    expect(bytesOf(lesson())).toEqual(bytesOf(older));
    expect(bytesOf(lastKept())).toMatchObject({ 'notes.txt': expect.stringContaining(btoa('newer')) });
  });

  it('keep one copy of ten equal resets', () => {
    copy.write('lessons/01-tiny/notes.txt', 'something to keep');
    copy.run('reset', '1');
    const before = readdirSync(keptIn()).length;
    for (let round = 0; round < 10; round++) {
      copy.write('lessons/01-tiny/notes.txt', 'the same each time');
      copy.run('reset', '1');
    }
    expect(readdirSync(keptIn())).toHaveLength(before + 1);
  });

  it('bring back a lesson whose folder is gone', () => {
    rmSync(lesson(), { recursive: true });
    copy.run('reset', '1');
    expect(bytesOf(lesson())).toEqual(starter);
  });
});

describe('reset and restore without a git clone', () => {
  it.each([
    ['in a downloaded ZIP', { GIT_DIR: 'nowhere' }],
    ['where git is not installed', { PATH: '' }],
  ])('work %s', (_where, env) => {
    copy.write('lessons/01-tiny/notes.txt', 'mine');
    const learners = bytesOf(lesson());
    expect(copy.runWith(env, 'reset', '1').stderr).toBe('');
    expect(bytesOf(lesson())).toEqual(starter);
    expect(copy.runWith(env, 'restore', '1').stderr).toBe('');
    expect(bytesOf(lesson())).toEqual(learners);
  });
});

describe('without the copy of the starter', () => {
  beforeAll(() => renameSync(copy.path('checks/01-tiny/starter'), copy.path('gone')));
  afterAll(() => renameSync(copy.path('gone'), copy.path('checks/01-tiny/starter')));

  it('a reset refuses in one sentence and changes nothing', () => {
    copy.write('lessons/01-tiny/notes.txt', 'mine');
    const before = [bytesOf(lesson()), readdirSync(keptIn())];
    const { status, stderr } = copy.run('reset', '1');
    expect(stderr).toMatch(
      /^checks\/01-tiny\/starter is missing\. Bring it back: git checkout -- checks\/01-tiny.*\n$/,
    );
    expect(status).toBe(2);
    expect([bytesOf(lesson()), readdirSync(keptIn())]).toEqual(before);
  });

  it('a restore works', () => {
    copy.write('lessons/01-tiny/notes.txt', 'newer than what is kept');
    const { status, stderr } = copy.run('restore', '1');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(bytesOf(lesson())).toEqual(bytesOf(join(keptIn(), readdirSync(keptIn()).sort().at(-2) ?? '')));
  });
});
