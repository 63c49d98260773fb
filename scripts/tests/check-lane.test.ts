import { readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckPlan } from '../../checks/harness/model/result.ts';
import { processTable } from '../../checks/harness/os/processes.ts';
import { openRun, type Run } from '../../checks/harness/os/run.ts';
import { closeRun } from '../../checks/harness/os/run-end.ts';
import { appsDir } from '../../checks/harness-tests/check-fixture.ts';
import { CheckLane } from '../running/check-lane.ts';

let run: Run;
beforeAll(async () => {
  run = await openRun();
});
afterAll(() => closeRun(run.dir));

const plan = (app: string): CheckPlan => ({
  folder: 'harness-tests/fixture',
  subjectDir: appsDir + app,
  all: false,
  further: false,
  load: 'never',
});

/** Processes that run in the folder of one of the misbehaving apps. Linux only, elsewhere none. */
function processesIn(app: string): number[] {
  return processTable()
    .map(({ pid }) => pid)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === appsDir + app;
      } catch {
        return false; // It has ended.
      }
    });
}

describe('a lane of checks', () => {
  it('judges each app as if it were the first', async () => {
    const lane = new CheckLane(run);
    const failing = async (app: string) => {
      const result = await lane.check(plan(app));
      if (typeof result === 'string') return result;
      return result.behaviours.find(({ outcome }) => outcome === 'fail')?.id ?? result.verdict;
    };
    expect(await failing('right')).toBe('pass');
    expect(await failing('leaves-a-daemon')).toBe('stops');
    expect(await failing('right')).toBe('pass');
    expect(await failing('says-200-to-everything')).toBe('secret');
    expect(await failing('right')).toBe('pass');
    lane.close();
    expect(processesIn('leaves-a-daemon')).toEqual([]);
  });

  it('says so when the check itself has made Node warn, which a learner would read', async () => {
    const lane = new CheckLane(run);
    expect(await lane.check(plan('asks-for-a-warning'))).toMatch(/Warning: too much listens to one socket/);
    expect(await lane.check(plan('right'))).toMatchObject({ verdict: 'pass' });
    lane.close();
  });

  it.runIf(process.platform === 'linux')(
    'says so when its process dies, leaves nothing, and judges the next one in another process',
    async () => {
      const lane = new CheckLane(run);
      const hanging = lane.check(plan('hangs'));
      while (processesIn('hangs').length === 0) await delay(20);
      process.kill(lane.pid ?? 0, 'SIGKILL');
      expect(await hanging).toMatch(/no result: signal SIGKILL/);
      while (processesIn('hangs').length > 0) await delay(20); // Its reaper ends them.
      expect(await lane.check(plan('right'))).toMatchObject({ verdict: 'pass' });
      lane.close();
    },
  );
});
