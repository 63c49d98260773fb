import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { commandOf, processTable } from '../harness/os/processes.ts';
import { Environment } from '../harness/runner/environment.ts';
import { appsDir, checkApp } from './check-fixture.ts';
import fixture from './fixture/lesson.ts';
import { fakeRun } from './services/fake-run.ts';

/** The first failure of a check: what a learner would read. */
async function failureOf(app: string, ...flags: string[]) {
  const result = await checkApp(app, ...flags);
  const failed = result.behaviours.find((behaviour) => behaviour.outcome === 'fail');
  return {
    result,
    failed,
    failure: failed?.failure ?? result.load?.failure,
    lines: (failed?.failure ?? result.load?.failure)?.appOutput?.join('\n') ?? '',
  };
}

describe.concurrent('a check of an app that misbehaves', { timeout: 60_000 }, () => {
  it('passes a right app, so that the others fail for what they do', async () => {
    const result = await checkApp('right');
    expect(result.verdict).toBe('pass');
    expect(result.behaviours.map((behaviour) => behaviour.outcome)).toEqual(['pass', 'pass', 'pass', 'pass']);
    expect(result.load).toMatchObject({ outcome: 'pass', requests: 20 });
  });

  it('is not said to have gone wrong itself when a request breaks that nobody waits for after a failure', async () => {
    const { result, failed } = await failureOf('hangs', 'FIXTURE=fixture-floats', '--no-load');
    expect(failed?.id).toBe('secret');
    expect(result.behaviours.map(({ id, outcome }) => [id, outcome])).not.toContainEqual(['workshop', 'inconclusive']);
    expect(result.verdict).toBe('fail');
  });

  it('names an app that never listens', async () => {
    const { result, failure, lines } = await failureOf('never-listens');
    expect(failure?.kind).toBe('never-listened');
    expect(lines).toContain('warming up');
    expect(result.verdict).toBe('fail');
    expect(result.elapsedMs).toBeLessThan(30_000);
  });

  it('names an app that exits early, with its exit code and last lines, at once', async () => {
    const { result, failure, lines } = await failureOf('exits-early', '--no-load');
    expect(failure).toMatchObject({ kind: 'exited-early', seen: expect.stringContaining('exit code 3') });
    expect(lines).toContain('config.json: not found');
    expect(result.elapsedMs).toBeLessThan(15_000);
  });

  it('names an app that exits under load', async () => {
    const { result, failure, lines } = await failureOf('exits-under-load');
    expect(result.verdict).toBe('fail');
    expect(failure).toMatchObject({ kind: 'crashed', seen: expect.stringContaining('exit code 1') });
    expect(lines).toContain('SyntaxError');
  });

  it('names the port on which an app listens instead of PORT', async () => {
    const { failed, failure } = await failureOf('wrong-port', '--no-load');
    // Only Linux tells which ports a process listens on.
    if (process.platform === 'linux') {
      expect(failure).toMatchObject({ kind: 'wrong-port', seen: expect.stringMatching(/listens on \d+/) });
      expect(failed?.elapsedMs).toBeLessThan(20_000); // Nobody waits for as long as one may take that opens no port.
    } else expect(failure?.kind).toBe('never-listened');
  });

  it.runIf(process.platform === 'linux')('names that port also where a second instance ended without it', async () => {
    await using run = fakeRun();
    const lesson = { ...fixture, instances: 2 };
    const start = Environment.start({ lesson, subjectDir: `${appsDir}own-port`, run });
    await expect(start).rejects.toMatchObject({ failure: { kind: 'wrong-port', seen: 'it listens on 61973' } });
  });

  it('names an app that hangs on a request', async () => {
    const { failed, failure } = await failureOf('hangs', '--no-load');
    expect(failed?.id).toBe('page');
    expect(failure).toMatchObject({ kind: 'hangs', seen: 'none within 1 s' });
    expect(failure?.trail.at(-1)?.what).toContain('GET /');
  });

  it('names an app that ignores SIGTERM, and ends it', async () => {
    const { failed, failure, lines } = await failureOf('ignores-sigterm', '--no-load');
    expect(failed?.id).toBe('stops');
    expect(failure?.kind).toBe('ignored-sigterm');
    expect(lines).toContain('not now');
  });

  it('names an app that leaves children, and ends them', async () => {
    const { failed, failure } = await failureOf('leaves-children', '--no-load');
    expect(failed?.id).toBe('stops');
    expect(failure).toMatchObject({ kind: 'left-children', seen: expect.stringMatching(/^2 of/) });
  });

  it('holds nothing against children that end a moment after the app', async () => {
    expect((await checkApp('children-end-by-themselves', '--no-load')).verdict).toBe('pass');
  });

  it.runIf(process.platform === 'linux')('names the daemons that an app leaves, and ends them', async () => {
    const seconds = 1_000 + randomInt(1e8); // Told to the app by a variable that is handed on to it.
    const { failed, failure } = await failureOf('leaves-a-daemon', '--no-load', `LANG=C.${seconds}`);
    expect(failed?.id).toBe('stops');
    expect(failure).toMatchObject({
      kind: 'left-children',
      seen: expect.stringMatching(new RegExp(`^2 of .*: sleep (${seconds}|${seconds + 1}), sleep`)),
    });
    const ours = [`sleep ${seconds}`, `sleep ${seconds + 1}`];
    expect(processTable().filter(({ pid }) => ours.includes(commandOf(pid)))).toEqual([]);
  });

  it('passes an app that prints 100 MB, and says so', async () => {
    const result = await checkApp('prints-100-mb', '--no-load');
    expect(result.behaviours.every((behaviour) => behaviour.outcome === 'pass')).toBe(true);
    expect(result.notes.join()).toMatch(/printed 100 MB/);
  });

  it('shows the error of an app that throws at import', async () => {
    const { failure, lines } = await failureOf('throws-at-import', '--no-load');
    expect(failure?.kind).toBe('exited-early');
    expect(lines).toContain('APP_SECRET is not set');
    expect(lines).toContain('src/settings.ts');
  });

  it('shows the line of a syntax error', async () => {
    const { failure, lines } = await failureOf('syntax-error', '--no-load');
    expect(failure?.kind).toBe('exited-early');
    expect(lines).toContain('src/server.ts:3');
  });

  it('fails an app that answers 200 to everything', async () => {
    const { failed, failure } = await failureOf('says-200-to-everything', '--no-load');
    expect(failed?.id).toBe('secret');
    expect(failure).toMatchObject({ expected: '401', seen: '200', because: 'The app lets everybody in.' });
  });

  it('passes an app that needs 8 s to start', async () => {
    expect((await checkApp('starts-slowly', '--no-load')).behaviours.map((behaviour) => behaviour.outcome)).toEqual([
      'pass',
      'pass',
      'pass',
      'pass',
    ]);
  });

  it('passes an app that logs a line for each request', async () => {
    expect((await checkApp('logs-each-request')).verdict).toBe('pass');
  });
});
