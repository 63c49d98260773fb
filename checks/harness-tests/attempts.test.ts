import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { lastAttempt } from '../harness/measure/attempts.ts';

/** Judges answers that come in this order, while others keep this share of the cores busy. */
async function judged(statuses: number[], shareOfOthers: number | undefined) {
  const asked: number[] = [];
  const status = await lastAttempt(
    async () => {
      const next = statuses[asked.length] as number;
      asked.push(next);
      return next;
    },
    (seen) => seen === 201,
    () => ({ otherCoresBusy: () => shareOfOthers && shareOfOthers * availableParallelism() }),
  );
  return { status, asked };
}

describe('what a busy machine may have made late', () => {
  it('is asked for again while others keep the cores busy, until it is good', async () => {
    expect(await judged([503, 201, 503], 0.5)).toEqual({ status: 201, asked: [503, 201] });
  });

  it('is judged by its third attempt, so that a fault stays one', async () => {
    expect(await judged([503, 503, 503, 201], 0.5)).toEqual({ status: 503, asked: [503, 503, 503] });
  });

  it('is judged by its only attempt on a quiet machine, and where nobody can tell', async () => {
    expect(await judged([503, 201], 0.1)).toEqual({ status: 503, asked: [503] });
    expect(await judged([503, 201], undefined)).toEqual({ status: 503, asked: [503] });
  });
});
