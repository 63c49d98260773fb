import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { behaviourLines } from '../terminal/check-lines.ts';
import { lineWidth } from '../terminal/style.ts';

const lines = (title: string) =>
  behaviourLines({ id: 'x', title, outcome: 'pass', elapsedMs: 1_234 }).map(stripVTControlCharacters);

describe('the line of a behaviour', () => {
  it('ends with its seconds at the right edge', () => {
    expect(lines('the page greets')).toEqual([`${'  ✔ the page greets'.padEnd(lineWidth() - 5)}1.2 s`]);
  });

  it('becomes two where the title is too long, and none is longer than the terminal is wide', () => {
    const long = lines('a word after the other '.repeat(6).trim());
    expect(long).toHaveLength(2);
    expect(long[0]).toMatch(/^ {2}✔ a word/);
    expect(long[1]).toMatch(/^ {4}\S.* 1\.2 s$/);
    for (const line of long) expect(line.length).toBeLessThanOrEqual(lineWidth());
  });
});
