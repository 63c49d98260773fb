import { describe, expect, it } from 'vitest';
import type { CheckPlan } from '../harness/model/result.ts';
import { BehaviourFailure, type Failure, Inconclusive, Skipped } from '../harness/model/verdict.ts';
import type { Behaviour } from '../harness/runner/behaviour.ts';
import { Behaviours } from '../harness/runner/behaviours.ts';
import type { Environment } from '../harness/runner/environment.ts';

const teaching = { because: 'The list is gone.', lookAt: 'who empties it?' };

/** The first environment has the number 1. */
let made = 0;
const environment = () =>
  ({
    number: ++made,
    instances: [],
    processes: [],
    lesson: { services: [] },
    crash: () => undefined,
    assertServicesAlive: async () => {},
    [Symbol.asyncDispose]: async () => void ended.push(made),
  }) as unknown as Environment;
let ended: number[] = [];

/** A behaviour that fails, or is skipped, as often as is said, and then holds; and how often it was judged. */
async function judged(
  ends: ('fail' | 'crash' | 'skip' | 'pass')[],
  {
    isBusy = true,
    plan = {},
    background = false,
    isSameApp = () => true,
    startAnother = async () => environment(),
  }: {
    isBusy?: boolean;
    plan?: Partial<CheckPlan>;
    background?: boolean;
    isSameApp?: () => boolean;
    startAnother?: () => Promise<Environment>;
  } = {},
) {
  made = 0;
  ended = [];
  let times = 0;
  const act = async () => {
    const end = ends[times++] ?? 'pass';
    if (end === 'skip') throw new Skipped('there is no such thing here');
    const kind: Failure['kind'] = end === 'crash' ? 'crashed' : 'behaviour';
    if (end !== 'pass')
      throw new BehaviourFailure({ kind, trail: [], expected: 'a list', seen: `nothing (${times})`, ...teaching });
  };
  const one: Behaviour = { id: 'reads', title: 'the list can be read', teaching, act, options: { background } };
  const behaviours = new Behaviours(
    [one],
    { all: false, ...plan },
    {
      startAnother,
      isSameApp,
      watchMachine: () => () => isBusy,
    },
  );
  const first = environment();
  behaviours.begin(behaviours.core, first);
  return { result: await behaviours.outcomeOf(one, first), times, ended };
}

describe('what fails on a machine that others keep busy', () => {
  it('is judged once more in a fresh environment, which is ended', async () => {
    const { result, times, ended } = await judged(['fail']);
    expect([times, ended]).toEqual([2, [2]]);
    expect(result).toMatchObject({
      outcome: 'inconclusive',
      reason:
        'other programs kept the machine busy, and it failed once (expected a list, seen nothing (1)) and held the second time',
      fix: expect.stringContaining('check again'),
    });
  });

  it('fails with the first sentence when it fails again', async () => {
    const { result, times } = await judged(['fail', 'fail']);
    expect(times).toBe(2);
    expect(result).toMatchObject({ outcome: 'fail', failure: { seen: 'nothing (1)' } });
  });

  it('is no failure when it can’t be judged the second time', async () => {
    const { result } = await judged(['fail', 'skip']);
    expect(result).toMatchObject({ outcome: 'inconclusive', reason: expect.stringContaining('no such thing here') });
  });

  it('is judged once more when it began in the background', async () => {
    expect((await judged(['fail'], { background: true })).times).toBe(2);
  });

  it('is no failure when the workshop can’t start a service anew', async () => {
    const startAnother = () => Promise.reject(new Inconclusive('Redis did not start', 'npm run doctor'));
    const { result } = await judged(['fail'], { startAnother });
    expect(result).toMatchObject({ outcome: 'inconclusive', reason: expect.stringContaining('Redis did not start') });
  });

  it('fails when the app does not start anew', async () => {
    const failure: Failure = { kind: 'never-listened', trail: [], expected: 'a port', seen: 'none', ...teaching };
    const startAnother = () => Promise.reject(new BehaviourFailure(failure));
    const { result } = await judged(['fail'], { startAnother });
    expect(result).toMatchObject({ outcome: 'fail', failure: { seen: 'nothing (1)' } });
  });

  it('is judged once when the app was changed meanwhile', async () => {
    const { result, times } = await judged(['fail'], { isSameApp: () => false });
    expect([result.outcome, times]).toEqual(['fail', 1]);
  });

  it('fails when the app is changed while it is judged once more', async () => {
    const looks = [true, false];
    const { result, times } = await judged(['fail'], { isSameApp: () => looks.shift() ?? false });
    expect([result.outcome, times]).toEqual(['fail', 2]);
  });

  it('is judged once where the app has ended', async () => {
    const { result, times } = await judged(['crash']);
    expect([result.outcome, times]).toEqual(['fail', 1]);
  });

  it.each([{ all: true }, { only: 'reads' }, { until: 'reads' }])('is judged once for a plan with %o', async (plan) => {
    const { result, times } = await judged(['fail'], { plan });
    expect([result.outcome, times]).toEqual(['fail', 1]);
  });
});

it('what fails on a quiet machine is judged once, and what holds on a busy one, too', async () => {
  const quiet = await judged(['fail'], { isBusy: false });
  expect([quiet.result.outcome, quiet.times]).toEqual(['fail', 1]);
  const holds = await judged([]);
  expect([holds.result.outcome, holds.times]).toEqual(['pass', 1]);
});
