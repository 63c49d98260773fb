import { expect, it } from 'vitest';
import { Judging } from '../harness/runner/judging.ts';

it('keeps a figure that is a share exactly, for its margin, and tells it in words', () => {
  const judging = new Judging({ because: '', lookAt: '' });
  judging.atMost('CPU time of a list', 0.1549, 1, 'times');
  expect(judging.figures).toEqual([{ title: 'CPU time of a list', measured: 0.155, limit: 1, unit: 'times' }]);
  expect(() => judging.atMost('CPU time of a list', 2.449, 1, 'times')).toThrow(
    expect.objectContaining({ failure: expect.objectContaining({ seen: '2.4 times' }) }),
  );
});
