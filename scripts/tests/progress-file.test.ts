import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CheckResult } from '../../checks/harness/model/result.ts';
import { isPassed, noProgress, type Progress, withHint, withResult } from '../learner/progress.ts';
import { readProgress, updateProgress } from '../learner/progress-file.ts';

let dir = '';
let file = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'progress-'));
  file = join(dir, 'progress.json');
});
afterEach(() => rmSync(dir, { recursive: true }));

const hold = { id: 'a', title: 'a', elapsedMs: 1, outcome: 'pass' } as const;
const fail = { id: 'b', title: 'b', elapsedMs: 1, outcome: 'fail' } as const;

function result(verdict: CheckResult['verdict'], behaviours: CheckResult['behaviours'], p95Ms?: number): CheckResult {
  const target = { title: 'p95', endpoint: 'GET /', atMostMs: 100, measuredMs: p95Ms ?? 0, met: true };
  const load = { outcome: 'pass', elapsedMs: 1, requests: 1, seconds: 1, targets: [target] } as const;
  const rest = { lesson: '03-x', subject: '', services: {}, notes: [], elapsedMs: 1 };
  return {
    schema: 2,
    ...rest,
    verdict,
    behaviours,
    further: { verdict: 'not-judged', behaviours: [] },
    ...(p95Ms === undefined ? {} : { load: { ...load, targets: [target] } }),
  };
}

const ofLesson = ({ lessons }: Progress) => lessons['03-x'];

describe('the progress', () => {
  it('knows the last attempt, what failed in it, and the best one with its figures', () => {
    let progress = withResult(noProgress(), result('pass', [hold, hold], 20), true);
    progress = withResult(progress, result('fail', [hold, fail]), true);
    expect(ofLesson(progress)?.best).toMatchObject({ verdict: 'pass', held: 2, targets: [{ measuredMs: 20 }] });
    expect(ofLesson(progress)?.last).toMatchObject({ verdict: 'fail', held: 1, failing: 'b' });
    progress = withResult(progress, result('pass', [hold, hold], 60), true);
    expect(ofLesson(progress)?.best?.targets?.[0]?.measuredMs).toBe(20);
    progress = withResult(progress, result('pass', [hold, hold], 10), true);
    expect(ofLesson(progress)?.best?.targets?.[0]?.measuredMs).toBe(10);
  });
  it('takes a lesson for passed only after its load run', () => {
    const progress = withResult(noProgress(), result('pass', [hold]), false);
    expect(isPassed(progress, '03-x')).toBe(false);
    expect(ofLesson(progress)?.last?.verdict).toBe('held');
  });
  it('keeps the star of a pass whose further behaviours all held, and says which one failed otherwise', () => {
    const passed = result('pass', [hold], 20);
    let progress = withResult(
      noProgress(),
      { ...passed, further: { verdict: 'fail', behaviours: [hold, fail] } },
      true,
    );
    expect(ofLesson(progress)?.star).toBeUndefined();
    expect(ofLesson(progress)?.last).toMatchObject({ verdict: 'pass', failing: 'b' });
    progress = withResult(progress, { ...passed, further: { verdict: 'pass', behaviours: [hold] } }, true);
    const star = ofLesson(progress)?.star;
    expect(star).toEqual(expect.any(String));
    progress = withResult(progress, result('fail', [fail]), true);
    expect(ofLesson(progress)?.star).toBe(star);
  });
  it('does not count what could not be judged as an attempt that was better', () => {
    const progress = withResult(noProgress(), result('inconclusive', [hold]), true);
    expect(ofLesson(progress)).toEqual({ last: expect.objectContaining({ verdict: 'inconclusive' }) });
  });
});

describe('the progress file', () => {
  it('is whole JSON with a version, and nothing else lies beside it', async () => {
    await updateProgress((before) => withHint(before, '03-x', 'a', 1), file);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ version: 1, lessons: { '03-x': { hints: { a: 1 } } } });
    expect(readdirSync(dir)).toEqual(['progress.json']);
  });

  it.each([
    ['half written', '{"version": 1, "lessons": {"03-', /damaged or half written/],
    ['empty', '', /damaged or half written/],
    ['something else', '{"version": 1, "lessons": {"03-x": {"last": 5}}}', /does not hold/],
    ['of a newer workshop', '{"version": 2, "levels": []}', /newer version/],
  ])('is kept aside, and that is said once, when it is %s', async (_what, content, sentence) => {
    writeFileSync(file, content);
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const [read, again] = [await readProgress(file), await readProgress(file)];
    const sentences = said.mock.calls.map(String);
    said.mockRestore();
    expect([read, again]).toEqual([noProgress(), noProgress()]);
    expect(sentences).toEqual([expect.stringMatching(sentence)]);
    const [aside = ''] = readdirSync(dir);
    expect(aside).toMatch(/^progress\.unread-.*\.json$/);
    expect(readFileSync(join(dir, aside), 'utf8')).toBe(content);
  });

  it('of the first version is understood', async () => {
    writeFileSync(file, '{"03-x": {"verdict": "pass", "at": "2026-01-01T00:00:00Z", "held": 2, "behaviours": 2}}');
    expect(isPassed(await readProgress(file), '03-x')).toBe(true);
  });

  it('loses no change when several processes write at once', async () => {
    const module = new URL('../', import.meta.url).href;
    const script = `
      const { updateProgress } = await import('${module}learner/progress-file.ts');
      const { withHint } = await import('${module}learner/progress.ts');
      for (let n = 0; n < 15; n++) await updateProgress((p) => withHint(p, '03-x', process.argv[2] + n, 1), process.argv[1]);`;
    const writers = ['a', 'b', 'c', 'd'].map((name) =>
      spawn(process.execPath, ['--input-type=module', '-e', script, file, name], { stdio: 'inherit' }),
    );
    await Promise.all(writers.map((writer) => once(writer, 'exit')));
    expect(Object.keys(ofLesson(await readProgress(file))?.hints ?? {})).toHaveLength(60);
    expect(readdirSync(dir)).toEqual(['progress.json']);
  });

  it('is written although a process that was killed has left its lock', async () => {
    const minuteAgo = Date.now() / 1_000 - 60;
    writeFileSync(`${file}.lock`, '1');
    utimesSync(`${file}.lock`, minuteAgo, minuteAgo);
    await updateProgress((before) => withHint(before, '03-x', 'a', 1), file);
    expect(readdirSync(dir)).toEqual(['progress.json']);
  });

  it('begins anew where a folder is in its place, which is kept aside and said', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    mkdirSync(join(file, 'inside'), { recursive: true });
    expect(await updateProgress((before) => ({ ...before, current: '03-x' }), file)).toMatchObject({ current: '03-x' });
    expect(said.mock.calls.flat().join()).toMatch(/^Your progress file is a folder\. It is kept as /);
    expect(readdirSync(dir).sort()).toEqual(['progress.json', expect.stringContaining('progress.unread-')]);
    said.mockRestore();
  });
});
