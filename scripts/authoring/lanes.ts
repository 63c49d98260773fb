import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { readCoreTimes } from './core-use.ts';
import type { Job } from './verify-jobs.ts';

/** Apps judged side by side: behaviours mostly wait. */
const lanesWithoutAsking = (cores: number) => cores + 1;
/** With as many more as there are cores, each of which takes a job only while a core has time. */
const lanesInAll = (cores: number) => 2 * cores + 1;
/** A core has time when this share of all of them was not used for so long. */
const freeShare = 0.2;
const lookForMs = 1_500;

/**
 * Takes all jobs in their order, several side by side, as many as the cores bear. Of lessons about CPU time never more at a time
 * than there are cores: the next that waits is taken in their place.
 */
export async function inLanes(
  jobs: readonly Job[],
  openLane: () => { take(job: Job): Promise<void>; close(): void },
  cores = availableParallelism(),
  hasTime: () => Promise<boolean> = coresHaveTime,
): Promise<void> {
  const left = [...jobs];
  let computed = 0;
  const next = (): Job | undefined => {
    const at = left.findIndex(({ lesson }) => computed < cores || !lesson.cpuBound);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  const isDone = () => left.length === 0;
  const work = async (asks: boolean) => {
    const lane = openLane();
    try {
      while (!isDone()) {
        const job = asks && !(await hasTime()) ? undefined : next();
        if (!job) {
          // All that is left computes, and each core has one: until one of these is judged.
          await delay(200);
          continue;
        }
        if (job.lesson.cpuBound) computed++;
        await lane.take(job).finally(() => {
          if (job.lesson.cpuBound) computed--;
        });
      }
    } finally {
      lane.close();
    }
  };
  await Promise.all(Array.from({ length: lanesInAll(cores) }, (_, at) => work(at >= lanesWithoutAsking(cores))));
}

/** Takes all jobs in their order, at most `lanes` at a time: a load and its app use a core at most. */
export async function aFewAtATime(
  jobs: readonly Job[],
  openLane: () => { take(job: Job): Promise<void>; close(): void },
  lanes = availableParallelism(),
): Promise<void> {
  const left = [...jobs];
  const work = async () => {
    const lane = openLane();
    try {
      for (let job = left.shift(); job; job = left.shift()) await lane.take(job);
    } finally {
      lane.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, jobs.length) }, work));
}

async function coresHaveTime(): Promise<boolean> {
  const before = readCoreTimes();
  await delay(lookForMs);
  const now = readCoreTimes();
  return (now.busy - before.busy) / Math.max(1, now.all - before.all) < 1 - freeShare;
}
