import { describe, expect, it } from 'vitest';
import { loadLines } from '../../scripts/terminal/check-lines.ts';
import { judgeLoad } from '../harness/load/judge.ts';
import type { Environment } from '../harness/runner/environment.ts';
import lesson from './fixture/lesson.ts';

describe('a load that this machine can’t show', () => {
  it('is not run, and says why', async () => {
    const nothing = {} as Environment; // Nothing of it is touched.
    const result = await judgeLoad(lesson, nothing, { skip: 'this machine has one core' });
    expect(result).toMatchObject({ outcome: 'skipped', reason: 'this machine has one core', requests: 0, targets: [] });
    const printed = loadLines(result).join('\n');
    expect(printed).toContain('not judged: this machine has one core');
    expect(printed).not.toContain('inconclusive');
  });
});
