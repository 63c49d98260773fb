import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { PrintedLines } from '../harness/os/printed-lines.ts';

function printing() {
  const printed = new PrintedLines();
  const stream = new PassThrough({ encoding: 'utf8' });
  printed.follow(stream);
  const print = async (text: string) => {
    const end = printed.end + text.length;
    stream.write(text);
    await expect.poll(() => printed.end).toBe(end);
  };
  return { printed, print };
}

it('gives the whole lines since a mark, however they came', async () => {
  const { printed, print } = printing();
  await print('one\ntw');
  const mark = printed.end;
  expect(printed.linesSince(0)).toEqual(['one']);
  await print('o\n\nthree\nfour');
  expect(printed.linesSince(0)).toEqual(['one', 'two', 'three']);
  expect(printed.linesSince(mark)).toEqual(['o', 'three']);
});

it('forgets the oldest of an app that prints without end, and keeps its marks', async () => {
  const { printed, print } = printing();
  await print('old\n');
  for (let chunk = 0; chunk < 9; chunk++) await print('x'.repeat(1_000_000));
  const mark = printed.end;
  await print('\nnew\n');
  expect(printed.linesSince(mark)).toEqual(['new']);
  expect(printed.since(0)).not.toContain('old');
});
