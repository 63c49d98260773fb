import { describe, expect, it } from 'vitest';
import { verifyAll } from '../../scripts/verify-all.ts';
import type { Job } from '../../scripts/verify-once.ts';
import lesson from './fixture/lesson.ts';

const job = (name: string, { withLoad = false, cpuBound = false } = {}): Job => ({
  lesson: { ...lesson, cpuBound },
  subject: { name, role: 'solution', dir: name },
  withLoad,
});

/** Judges in a millisecond, wrongly as often as told, and keeps who was judged beside how many others. */
function judgeWith(wrongTimes: Record<string, number>) {
  const beside: Record<string, number[]> = {};
  let running = 0;
  const judge = async ({ subject: { name } }: Job) => {
    running++;
    await new Promise((resolve) => setTimeout(resolve, 1));
    beside[name] = [...(beside[name] ?? []), running - 1];
    running--;
    wrongTimes[name] = (wrongTimes[name] ?? 0) - 1;
    return wrongTimes[name] >= 0 ? `✘ ${name}` : undefined;
  };
  return { judge, beside };
}

describe('verify over many jobs', () => {
  it('judges what waits side by side, what computes one at a time, and loads alone', async () => {
    const { judge, beside } = judgeWith({});
    const waiting = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => job(name));
    const jobs = [job('load', { withLoad: true }), ...waiting, job('cpu', { cpuBound: true })];
    expect(await verifyAll(jobs, judge, { againAlone: true })).toEqual({ right: 8, wrong: [], onlyAlone: [] });
    expect(beside.load).toEqual([0]);
    expect(Math.max(...Object.values(beside).flat())).toBe(2);
  });

  it('judges once more, alone, what was wrong beside others, and tells who needed that', async () => {
    const { judge, beside } = judgeWith({ noisy: 1, broken: 2 });
    const jobs = [job('noisy'), job('broken'), job('right')];
    const tally = await verifyAll(jobs, judge, { againAlone: true });
    expect(tally).toEqual({ right: 2, wrong: ['✘ broken'], onlyAlone: ['✘ noisy'] });
    expect(beside).toMatchObject({
      noisy: [expect.any(Number), 0],
      broken: [expect.any(Number), 0],
      right: [expect.any(Number)],
    });
  });

  it('gives no second chance to what was wrong with nothing beside it', async () => {
    const { judge } = judgeWith({ load: 1 });
    const tally = await verifyAll([job('load', { withLoad: true })], judge, { againAlone: true });
    expect(tally).toEqual({ right: 0, wrong: ['✘ load'], onlyAlone: [] });
  });

  it('counts each verdict when flipped ones are looked for', async () => {
    const { judge } = judgeWith({ noisy: 1 });
    const tally = await verifyAll([job('noisy'), job('noisy')], judge, { againAlone: false });
    expect(tally).toEqual({ right: 1, wrong: ['✘ noisy'], onlyAlone: [] });
  });
});
