import { describe, expect, it } from 'vitest';
import { loopbackOf } from '../harness/os/ports.ts';

/** What comes back on one look after the other. */
function looks(...answers: boolean[]) {
  return async () => answers.shift() ?? false;
}

describe('where an app listens', () => {
  it('is 127.0.0.1, also when it began between a look there and one at ::1', async () => {
    expect(await loopbackOf(1, looks(true))).toBe('127.0.0.1');
    expect(await loopbackOf(1, looks(false, true, true))).toBe('127.0.0.1');
  });

  it('is ::1 when it can be had over IPv6 only, and nowhere when nothing answers', async () => {
    expect(await loopbackOf(1, looks(false, true, false))).toBe('::1');
    expect(await loopbackOf(1, looks(false, false))).toBeUndefined();
  });
});
