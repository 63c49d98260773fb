import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { OutputLines } from '../harness/app/output-lines.ts';

/** The lines that come of what a process writes. */
async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  const lines: string[] = [];
  const stream = new PassThrough();
  new OutputLines((line) => lines.push(line)).follow(stream);
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await once(stream, 'close');
  return lines;
}

describe('the output of an app, line by line', () => {
  it('joins what comes in pieces, also in the middle of a character', async () => {
    const bytes = Buffer.from('größe\r\n');
    expect(await linesOf('one', ' line\ntwo', bytes.subarray(0, 3), bytes.subarray(3), 'no end')).toEqual([
      'one line',
      'twogröße',
      'no end',
    ]);
  });

  it('keeps stdout and stderr apart', async () => {
    const lines: string[] = [];
    const [out, err] = [new PassThrough(), new PassThrough()];
    new OutputLines((line) => lines.push(line)).follow(out, err);
    out.write('half of ');
    err.write('an error\n');
    out.end('a line\n');
    err.end();
    await Promise.all([once(out, 'close'), once(err, 'close')]);
    expect(lines).toEqual(['an error', 'half of a line']);
  });

  it('moves no cursor, rings no bell and changes no colour', async () => {
    expect(await linesOf('\u001b[31mred\u001b[0m \u001b[2J\u001b[Hhome\u0007\tand\rback\n')).toEqual([
      'red home\tandback',
    ]);
  });

  it('counts what is too much to read', async () => {
    const lines = await linesOf('a line\n'.repeat(5_000));
    expect(lines).toHaveLength(201);
    expect(lines.at(-1)).toBe('… 4800 more lines within a second, not shown');
  });

  it('cuts a line that never ends', async () => {
    const lines = await linesOf(...Array<string>(10).fill('x'.repeat(1_500)));
    expect(lines.length).toBeGreaterThan(3);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(2_001);
  });
});
