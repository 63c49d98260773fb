import { describe, expect, it } from 'vitest';
import { checkApp } from './check-fixture.ts';

const outcomes = (behaviours: { id: string; outcome: string }[]) =>
  Object.fromEntries(behaviours.map(({ id, outcome }) => [id, outcome]));

describe('behaviours beyond the core', { timeout: 60_000 }, () => {
  it('are named and not judged unless somebody asks', async () => {
    const { verdict, further } = await checkApp('goes-further', '--no-load');
    expect(verdict).toBe('pass');
    expect(further.verdict).toBe('not-judged');
    expect(outcomes(further.behaviours)).toEqual({ robots: 'not-run', favicon: 'not-run' });
  });

  it('are judged after the app has stopped, on an app that is started again', async () => {
    const { verdict, behaviours, further } = await checkApp('goes-further', '--no-load', '--further');
    expect(verdict).toBe('pass');
    expect(outcomes(behaviours)).toEqual({ starts: 'pass', page: 'pass', secret: 'pass', stops: 'pass' });
    expect(further.verdict).toBe('pass');
    expect(outcomes(further.behaviours)).toEqual({ robots: 'pass', favicon: 'pass' });
  });

  it('never turn a pass into a fail', async () => {
    const { verdict, further } = await checkApp('right', '--no-load', '--further');
    expect(verdict).toBe('pass');
    expect(further.verdict).toBe('fail');
    expect(outcomes(further.behaviours)).toEqual({ robots: 'fail', favicon: 'not-run' });
  });

  it('wait for a core that does not hold, unless all are wanted', async () => {
    const stopped = await checkApp('says-200-to-everything', '--no-load', '--further');
    expect(stopped.verdict).toBe('fail');
    expect(stopped.further.verdict).toBe('not-judged');
    const all = await checkApp('says-200-to-everything', '--no-load', '--further', '--all');
    expect(all.verdict).toBe('fail');
    expect(outcomes(all.further.behaviours)).toEqual({ robots: 'pass', favicon: 'pass' });
  });
});
