import { describe, expect, it } from 'vitest';
import { letsGoLate } from '../16-memory-leaks/growth.ts';

/** Lesson 16, in bytes a round: what each step has added, and then a second without requests. */
describe('an app that lets go late', () => {
  it('is one that gives back in a second what it had', () => {
    expect(letsGoLate([20_000, 20_000, 20_000, 20_000], -30_000)).toBe(true);
  });

  it('is one that has given back all of it just before the last look', () => {
    expect(letsGoLate([20_000, 30_000, 25_000, -76_000], 0)).toBe(true);
  });

  it('is none that leaks: what it has stays, in that second, too', () => {
    expect(letsGoLate([20_000, 21_000, 19_000, 20_000], 0)).toBe(false);
    expect(letsGoLate([20_000, 21_000, 19_000, 20_000], -2_000)).toBe(false);
  });
});
