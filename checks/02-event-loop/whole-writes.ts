import { rmSync } from 'node:fs';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { SlowFile, standsStill } from './slow-file.ts';
import { accountOf, Crowd, linesOf, newcomer } from './steps.ts';

export const replaced = {
  because:
    'One sign-up wrote the whole file from what it knew, and so did the other at the same time. The last one won: an account that had got its 201 is gone.',
  lookAt: 'does a sign-up add its line to the file, or write the whole file, and what keeps two of them apart?',
};

/**
 * Two sign-ups whose writes both wait for the disk. On a real file, two that write it whole meet by luck only: their hashes
 * must end within the time of one write. An app that does not write into the pipe, or is refused by it, is not judged here.
 *
 * @param options.before the name of the account that the app has read at its start.
 * @returns whether it could be judged.
 */
export async function mustNotLoseEachOther(
  t: Stage,
  app: Instance,
  { file, before }: { file: string; before: string },
): Promise<boolean> {
  const slow = SlowFile.make(file);
  if (!slow) return false;
  const pair = [newcomer(), newcomer()];
  const crowd = new Crowd(t, '/accounts', pair, { at: app });
  const isOver = () => crowd.open === 0;
  try {
    await standsStill(app, isOver, { hashes: pair.length, giveUpMs: 500 });
    const hung = crowd.open === pair.length;
    slow.letGo();
    await standsStill(app, isOver);
    const answered = isOver();
    rmSync(file, { force: true }); // What it opens next is a file.
    const text = slow.text();
    await slow.close(); // For whoever reads the pipe to its end before each write.
    const answers = [...(await crowd.everyAnswer()).values()];
    if (!answered || answers.some(({ status }) => status !== 201)) return false;
    const times = (name: string) => text.split('\n').flatMap(accountOf(t, name)).length;
    // Whoever adds a line never writes the one from before. Whoever writes the file whole, and does it well, writes one of
    // the two names in both texts.
    const [whole, ...each] = [before, ...pair.map(({ name }) => name)].map(times) as [number, number, number];
    t.trail.begin('2 × POST /accounts at once, and the disk takes a while to take what they write');
    // Whoever has written one of them into the pipe has written the other there, too, or into the file that came after it.
    const lost = pair.filter(({ name }, i) => each[i] === 0 && linesOf(t, name, file).length === 0);
    t.require(!hung || lost.length !== 1, {
      expected: 'both accounts in what was written, when both have their 201',
      seen: `nothing of ${lost[0]?.name}`,
      because:
        'While the line of one was being written, the other came, and was told 201 when that write was over. Its own line was not part of it.',
      lookAt: 'which write does each sign-up wait for, and is its own line in it?',
    });
    t.require(whole < 2 || each.some((count) => count !== 1), {
      expected: 'both accounts in what was written last',
      seen: 'the whole file was written twice, each time with one of the two',
      ...replaced,
    });
    return hung;
  } finally {
    await slow.close();
  }
}
