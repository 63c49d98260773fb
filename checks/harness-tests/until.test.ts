import { describe, expect, it } from 'vitest';
import type { BehaviourResult } from '../harness/model/result.ts';
import { checkApp } from './check-fixture.ts';

const outcomes = (behaviours: BehaviourResult[]) => behaviours.map(({ id, outcome }) => `${id} ${outcome}`);

describe('a check that ends with one of its behaviours', () => {
  it('judges none after it', async () => {
    const { verdict, behaviours } = await checkApp('says-200-to-everything', '--no-load', 'UNTIL=page');
    expect(outcomes(behaviours)).toEqual(['starts pass', 'page pass', 'secret not-run', 'stops pass']);
    expect(verdict).toBe('fail'); // Nobody may take it for a pass.
  });
  it('judges the core before a further one, and none after that, in the background either', async () => {
    const { behaviours, further } = await checkApp('goes-further', '--no-load', '--further', 'UNTIL=robots');
    expect(outcomes(behaviours)).toEqual(['starts pass', 'page pass', 'secret pass', 'stops pass']);
    expect(outcomes(further.behaviours)).toEqual(['robots pass', 'favicon not-run']);
  });
  it('judges one of the core alone', async () => {
    const { verdict, behaviours, further } = await checkApp('goes-further', '--no-load', '--further', 'ONLY=secret');
    expect(outcomes(behaviours)).toEqual(['starts pass', 'page not-run', 'secret pass', 'stops pass']);
    expect(outcomes(further.behaviours)).toEqual(['robots not-run', 'favicon not-run']);
    expect(verdict).toBe('fail');
  });
  it('judges a further one alone', async () => {
    const { behaviours, further } = await checkApp('goes-further', '--no-load', '--further', 'ONLY=favicon');
    expect(outcomes(behaviours)).toEqual(['starts pass', 'page not-run', 'secret not-run', 'stops pass']);
    expect(outcomes(further.behaviours)).toEqual(['robots not-run', 'favicon pass']);
  });
  it('judges all when it is to end with what is no behaviour', async () => {
    const { behaviours } = await checkApp('goes-further', '--no-load', '--further', 'ONLY=starts');
    expect(outcomes(behaviours)).toEqual(['starts pass', 'page pass', 'secret pass', 'stops pass']);
  });
});
