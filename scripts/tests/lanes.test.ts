import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import lesson from '../../checks/harness-tests/fixture/lesson.ts';
import { aFewAtATime, inLanes } from '../authoring/lanes.ts';
import type { Job } from '../authoring/verify-jobs.ts';

function jobs(count: number, cpuBound: boolean): Job[] {
  return Array.from({ length: count }, (_, at) => ({
    lesson: { ...lesson, cpuBound },
    subject: { role: 'solution' as const, name: `${cpuBound ? 'computes' : 'waits'} ${at}`, dir: '' },
    part: 'behaviours' as const,
  }));
}

/** Takes them all, and sees how many were taken at a time. */
async function watched(all: Job[], hasTime: () => boolean) {
  const seen = { taken: [] as string[], most: 0, mostComputing: 0, open: 0 };
  const now = new Set<Job>();
  const openLane = () => {
    seen.open++;
    return {
      take: async (job: Job) => {
        seen.taken.push(job.subject.name);
        now.add(job);
        seen.most = Math.max(seen.most, now.size);
        seen.mostComputing = Math.max(seen.mostComputing, [...now].filter((one) => one.lesson.cpuBound).length);
        await delay(20);
        now.delete(job);
      },
      close: () => void seen.open--,
    };
  };
  await inLanes(all, openLane, 2, async () => {
    await delay(5);
    return hasTime();
  });
  return seen;
}

describe('the lanes of a verify', () => {
  it('take every job once, and are closed at the end', async () => {
    const all = [...jobs(9, false), ...jobs(5, true)];
    const { taken, open } = await watched(all, () => true);
    expect(taken.sort()).toEqual(all.map(({ subject }) => subject.name).sort());
    expect(open).toBe(0);
  });
  it('are one more than there are cores while no core has time, and twice as many when one has', async () => {
    expect((await watched(jobs(20, false), () => false)).most).toBe(3);
    expect((await watched(jobs(40, false), () => true)).most).toBe(5);
  });
  it('take no more jobs that compute at a time than there are cores, and the next that waits in their place', async () => {
    const { mostComputing, taken } = await watched([...jobs(6, true), ...jobs(6, false)], () => true);
    expect(mostComputing).toBe(2);
    expect(taken.slice(0, 3)).toEqual(['computes 0', 'computes 1', 'waits 0']);
  });
  it('are as many as wanted where few are, and take the jobs in their order', async () => {
    const seen: string[] = [];
    let [now, most] = [0, 0];
    const openLane = () => ({
      take: async ({ subject }: Job) => {
        seen.push(subject.name);
        most = Math.max(most, ++now);
        await delay(5);
        now--;
      },
      close: () => {},
    });
    await aFewAtATime(jobs(5, false), openLane, 2);
    expect(most).toBe(2);
    expect(seen).toEqual(jobs(5, false).map(({ subject }) => subject.name));
  });
});
