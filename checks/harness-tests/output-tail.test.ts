import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { errorLineOf, OutputTail } from '../harness/os/output-tail.ts';

describe('the line that names an error', () => {
  it('is the one that begins with the name of an error', () => {
    const lines = ['listening', 'TypeError: x is not a function', '    at f (src/app.ts:3:1)'];
    expect(errorLineOf(lines)).toBe('TypeError: x is not a function');
  });

  it('is no frame of the error before it, where the app puts words of its own in front', () => {
    const lines = [
      '    at closePool (src/search-pool.ts:27:15)',
      '    at process.<anonymous> (src/server.ts:11:9)',
      'GET /venues/249/best-seats: Error: Terminating worker thread',
      '    at closePool (src/search-pool.ts:27:15)',
    ];
    expect(errorLineOf(lines)).toBe('GET /venues/249/best-seats: Error: Terminating worker thread');
  });

  it('is a line that somebody wrote, where none names an error', () => {
    expect(errorLineOf(['    at f (src/app.ts:3:1)', 'the search failed'])).toBe('the search failed');
    expect(errorLineOf([])).toBe('');
  });
});

describe('a fault of the app’s own', () => {
  it.each([
    ['TypeError: fetch failed', false],
    ['{"level":50,"err":{"type":"TypeError","message":"fetch failed: connect ECONNREFUSED"}}', false],
    ['{"level":50,"err":{"type":"TypeError","message":"x is not a function"}}', true],
  ])('is looked for in %s', async (line, isOwn) => {
    const tail = new OutputTail();
    const stream = new PassThrough();
    tail.follow(stream);
    stream.end(`${line}\n`);
    await expect.poll(() => tail.totalBytes).toBeGreaterThan(0);
    expect(tail.errorSince(0, 'own-fault') !== undefined).toBe(isOwn);
  });
});

describe('a fault that no log has taken', () => {
  it.each([
    ['TypeError: x is not a function', true],
    ['{"level":60,"err":{"type":"TypeError","message":"x is not a function"}}', true],
    ['{"level":"fatal","err":{"type":"TypeError","message":"x is not a function"}}', true],
    ['{"err":{"type":"TypeError","message":"x is not a function"}}', true],
    ['{"level":50,"err":{"type":"TypeError","message":"x is not a function"}}', false],
    ['{"level":"error","err":{"type":"TypeError","message":"x is not a function"}}', false],
    [`{"level":30,"url":"/${'x'.repeat(300)}","err":"TypeError: x is not a function"}`, false],
    ['{"level":50,"err":"TypeError: x"}\nRangeError: y\n{"level":30}', true],
    ['{"level":50, TypeError: half of a line', true],
  ])('is looked for in %s', async (text, isUnlogged) => {
    const tail = new OutputTail();
    const stream = new PassThrough();
    tail.follow(stream);
    stream.end(`${text}\n`);
    await expect.poll(() => tail.totalBytes).toBeGreaterThan(0);
    expect(tail.errorSince(0, 'unlogged-fault') !== undefined).toBe(isUnlogged);
  });
});

describe('the lines around an error', () => {
  it.each(['/home/ada/encore/lessons/03-sessions', '/home/ada/my projects/encore (2)/lessons/03-sessions'])(
    'tell files from the app’s folder: %s',
    async (folder) => {
      const tail = new OutputTail(folder);
      const stream = new PassThrough();
      tail.follow(stream);
      stream.end(
        `Error [ERR_MODULE_NOT_FOUND]: Cannot find module '${folder}/src/sessions' imported from ${folder}/src/app.ts\n` +
          `    at load (${pathToFileURL(folder).href}/src/app.ts:3:1)\n`,
      );
      await expect
        .poll(() => tail.crashLines())
        .toEqual([
          "Error [ERR_MODULE_NOT_FOUND]: Cannot find module 'src/sessions' imported from src/app.ts",
          '    at load (src/app.ts:3:1)',
        ]);
    },
  );
});
