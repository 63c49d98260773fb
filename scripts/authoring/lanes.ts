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
 * Takes all jobs, several side by side, as many as the cores bear. Those of lessons about CPU time come first, being the
 * longest, and never more of them at a time than there are cores.
 */
export async function inLanes(
  jobs: readonly Job[],
  openLane: () => { take(job: Job): Promise<void>; close(): void },
  cores = availableParallelism(),
  hasTime: () => Promise<boolean> = coresHaveTime,
): Promise<void> {
  const ordered = longestFirst(jobs);
  const computing = ordered.filter(({ lesson }) => lesson.cpuBound);
  const waiting = ordered.filter(({ lesson }) => !lesson.cpuBound);
  let computed = 0;
  const next = (): Job | undefined => {
    const job = computed < cores ? (computing.shift() ?? waiting.shift()) : waiting.shift();
    return job;
  };
  const isDone = () => computing.length === 0 && waiting.length === 0;
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

/**
 * What is long must not be left for the end, when the other lanes have nothing more to do. Starters are judged whole, right
 * apps up to their last behaviour, wrong turns up to theirs; later lessons have longer checks.
 */
function longestFirst(jobs: readonly Job[]): Job[] {
  const rank = ({ subject }: Job) => ['starter', 'solution', 'other-way', 'wrong-turn'].indexOf(subject.role);
  return [...jobs].sort((one, other) => rank(one) - rank(other) || other.lesson.number - one.lesson.number);
}

async function coresHaveTime(): Promise<boolean> {
  const before = readCoreTimes();
  await delay(lookForMs);
  const now = readCoreTimes();
  return (now.busy - before.busy) / Math.max(1, now.all - before.all) < 1 - freeShare;
}
