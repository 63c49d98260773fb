import { describe, expect, it } from 'vitest';
import { Judging } from '../harness/runner/judging.ts';

const judging = () => new Judging({ because: 'It is not there.', lookAt: 'who brings it?' });

/** True from the millisecond on. */
function thereAfter(ms: number): () => boolean {
  const from = performance.now();
  return () => performance.now() - from >= ms;
}

describe('a wait for a fact', () => {
  const watch = (isBusy: boolean) => ({ deadlineMs: 200, watchMachine: () => () => isBusy });

  it('is over at its deadline on a quiet machine', async () => {
    const waited = judging().until('it', thereAfter(400), watch(false));
    await expect(waited).rejects.toMatchObject({ failure: { expected: 'it', seen: 'not within 0.2 s' } });
  });

  it('goes on where others keep the machine busy', async () => {
    await expect(judging().until('it', thereAfter(400), watch(true))).resolves.toBe(true);
  });

  it('is over at three times its deadline there', async () => {
    const from = performance.now();
    await expect(judging().until('it', () => false, watch(true))).rejects.toMatchObject({
      failure: { expected: 'it' },
    });
    expect(performance.now() - from).toBeGreaterThanOrEqual(600);
  });
});
