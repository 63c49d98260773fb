import { describe, expect, it } from 'vitest';
import { checkApp } from './check-fixture.ts';

/** Checks an app that is right, while its check kills a service with SIGKILL. */
async function checkWhile(kill: string, ...flags: string[]) {
  return checkApp('asks-services', ...flags, `FIXTURE=fixture-services`, `KILL=${kill}`, 'REDIS_URL=');
}

describe.runIf(process.platform === 'linux')('a service that dies during a check', { timeout: 60_000 }, () => {
  it('would be missed, were the app not right with all of them', async () => {
    const result = await checkWhile('nothing');
    expect(result.behaviours.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      'starts pass',
      'asks pass',
      'own-supplier pass',
      'own-redis pass',
      'stops pass',
    ]);
    expect(result).toMatchObject({ verdict: 'pass', load: { outcome: 'pass' } });
  });

  it.each([
    ['redis', 'asks', 'the Redis of this check'],
    ['supplier', 'asks', 'the supplier of this check'],
    ['own-supplier', 'own-supplier', 'the supplier of this behaviour'],
  ])('makes a behaviour inconclusive and blames nobody: %s', async (victim, id, reason) => {
    const result = await checkWhile(`${victim} behaviour`, '--no-load');
    const behaviour = result.behaviours.find((one) => one.outcome !== 'pass');
    expect(behaviour).toMatchObject({ id, outcome: 'inconclusive', reason: expect.stringContaining(reason) });
    expect(result.verdict).toBe('inconclusive');
    expect(JSON.stringify(result)).not.toContain('to blame');
  });

  it.each([
    ['redis', 'the Redis of this check'],
    ['supplier', 'the supplier of this check'],
  ])('makes a load inconclusive and blames nobody: %s', async (victim, reason) => {
    const result = await checkWhile(`${victim} load`);
    expect(result.load).toMatchObject({ outcome: 'inconclusive', reason: expect.stringContaining(reason) });
    expect(result.load?.failure).toBeUndefined();
    expect(result.behaviours.some((one) => one.outcome === 'fail')).toBe(false);
    expect(result.verdict).toBe('inconclusive');
  });
});
