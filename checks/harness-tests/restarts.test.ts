import { describe, expect, it } from 'vitest';
import { checkApp, checkCopy } from './check-fixture.ts';

const restarts = 'FIXTURE=fixture-restarts';

/** Checks a copy of an app, which may change its own files. */
async function restarted(app: string, files: Record<string, string>, ...flags: string[]) {
  const result = await checkCopy(app, files, restarts, ...flags);
  const rows = result.behaviours.map(({ id, outcome }) => `${id}: ${outcome}`);
  const failure = result.behaviours.find(({ outcome }) => outcome === 'fail')?.failure;
  return { result, rows, failure, lines: failure?.appOutput?.join('\n') ?? '' };
}

describe.concurrent('an app that is started again between behaviours', { timeout: 120_000 }, () => {
  it('passes when it starts each time', async () => {
    const { verdict, behaviours } = await checkApp('right', restarts);
    expect(behaviours.map(({ id, outcome }) => `${id}: ${outcome}`)).toEqual([
      'starts: pass',
      'first: pass',
      'second: pass',
      'third: pass',
      'stops: pass',
    ]);
    expect(verdict).toBe('pass');
  });

  it('passes when its instances are deployed one after the other', async () => {
    const { verdict, behaviours } = await checkApp('right', 'FIXTURE=fixture-rolls');
    expect(behaviours.map(({ id, outcome }) => `${id}: ${outcome}`)).toEqual([
      'starts: pass',
      'rolls: pass',
      'stops: pass',
    ]);
    expect(verdict).toBe('pass');
  });

  it.each([
    ['stops at the first failure', [] as string[]],
    ['goes on with --all', ['--all']],
  ])('fails for itself when it throws from its third start on, and the check %s', async (_, flags) => {
    const { result, rows, failure, lines } = await restarted('counts-its-starts', {}, ...flags);
    expect(rows).toEqual([
      'starts: pass',
      'first: pass',
      'second: pass',
      'restarts: fail',
      'third: not-run',
      'stops: not-run',
    ]);
    expect(failure).toMatchObject({
      kind: 'exited-early',
      because: expect.stringContaining('could not be started again'),
    });
    expect(lines).toContain('the table sessions already exists');
    expect(result.load).toBeUndefined();
    expect(result.verdict).toBe('fail');
  });

  it.each([
    ['half a line is saved', 'Expression expected'],
    ['the file is deleted', ''],
    ['the folder is deleted', ''],
  ])('fails for itself when %s in the middle of the check', async (rule, line) => {
    const { result, rows, failure, lines } = await restarted('changes-its-files', { rule });
    expect(rows.slice(0, 3)).toEqual(['starts: pass', 'first: pass', 'restarts: fail']);
    expect(failure?.kind).toBe('exited-early');
    expect(lines).toContain(line);
    expect(failure?.seen).toContain(rule === 'half a line is saved' ? 'exit code 1' : 'src/server.ts is not there');
    expect(JSON.stringify(result)).not.toMatch(/fault of the workshop|node:internal/);
    expect(result.verdict).toBe('fail');
  });
});
