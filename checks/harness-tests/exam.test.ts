import { describe, expect, it } from 'vitest';
import { checkApp } from './check-fixture.ts';

const check = (app: string, ...args: string[]) => checkApp(app, 'FIXTURE=fixture-exam', ...args);
const outcomes = (behaviours: { id: string; outcome: string }[]) =>
  Object.fromEntries(behaviours.map(({ id, outcome }) => [id, outcome]));

describe('an exam', { timeout: 60_000 }, () => {
  it('is passed with all points, and shows what its load was', async () => {
    const { verdict, score, behaviours, load } = await check('goes-further');
    expect(verdict).toBe('pass');
    expect(score).toEqual({ points: 100, open: 0, of: 100, passAt: 80 });
    expect(behaviours[2]?.part).toEqual({ points: 40, of: 40, lessons: [2, 3], seen: '3 of 3 files were there' });
    expect(load).toMatchObject({ outcome: 'pass', note: 'a whole minute', requests: 4 });
    expect(load?.record).toMatchObject({ events: [{ atMs: 0, what: 'asked' }], seconds: [{ refused: 3 }] });
  });

  it('gives some of the points of a part, and fails with too few', async () => {
    const { verdict, score, behaviours } = await check('right');
    expect(verdict).toBe('fail');
    expect(score).toMatchObject({ points: 73, of: 100 }); // 60, and a third of 40, without the fraction.
    expect(outcomes(behaviours)).toEqual({ starts: 'pass', page: 'pass', files: 'fail', secret: 'pass' });
    expect(behaviours[2]?.failure).toMatchObject({ seen: '1 of 3 files were there', lookAt: 'where are they?' });
  });

  it('is failed by a broken rule, whatever the score', async () => {
    const { verdict, score, behaviours } = await check('says-200-to-everything');
    expect(verdict).toBe('fail');
    expect(score).toMatchObject({ points: 100, of: 100 });
    expect(behaviours.at(-1)).toMatchObject({ id: 'secret', outcome: 'fail', rule: true });
  });

  it('has a short load where the whole one is left out', async () => {
    const { verdict, load } = await check('goes-further', '--no-load');
    expect([verdict, load?.note]).toEqual(['pass', 'a short minute']);
  });

  it('judges one part alone, and tells its load so', async () => {
    const { verdict, score, behaviours, load } = await check('right', 'ONLY=files');
    expect(load?.note).toBe('what files needs');
    expect(outcomes(behaviours)).toEqual({ starts: 'pass', page: 'not-run', files: 'fail', secret: 'not-run' });
    expect([verdict, score]).toEqual(['fail', { points: 13, open: 0, of: 40, passAt: 80 }]);
  });

  it('is failed by an app that does not start, and then gives nothing', async () => {
    const { verdict, score, behaviours } = await check('throws-at-import');
    expect([verdict, score?.points, score?.of]).toEqual(['fail', 0, 0]);
    expect(behaviours[0]).toMatchObject({ id: 'starts', outcome: 'fail', failure: { kind: 'exited-early' } });
  });
});
