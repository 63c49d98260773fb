import type { Job } from './verify-once.ts';

/**
 * Apps judged side by side while no load is run: behaviours mostly wait. Those of a lesson about CPU time share one lane,
 * and loads are run when nothing else is.
 */
const lanes = 3;

/** What came of all jobs. Rows are those of the wrong verdicts. */
export interface Tally {
  right: number;
  wrong: string[];
  /** Wrong side by side with others, right alone; counted as right. */
  onlyAlone: string[];
}

/**
 * Has every job judged.
 * @param judge its verdict: the row when it is a wrong one.
 * @param againAlone Apps side by side disturb each other as nothing disturbs a learner's check. With this, what was wrong
 * there is judged once more with nothing beside it. Without, each verdict counts.
 */
export async function verifyAll(
  jobs: readonly Job[],
  judge: (job: Job) => Promise<string | undefined>,
  { againAlone }: { againAlone: boolean },
): Promise<Tally> {
  const tally: Tally = { right: 0, wrong: [], onlyAlone: [] };
  const doubtful: { job: Job; row: string }[] = [];
  const takeFrom = async (...queues: Iterable<Job>[]) => {
    for (const queue of queues) {
      for (const job of queue) {
        const row = await judge(job);
        if (!row) tally.right++;
        else if (againAlone && !job.withLoad) doubtful.push({ job, row });
        else tally.wrong.push(row);
      }
    }
  };
  const waiting = jobs.filter(({ withLoad, lesson }) => !withLoad && !lesson.cpuBound).values();
  const computing = jobs.filter(({ withLoad, lesson }) => !withLoad && lesson.cpuBound).values();
  await Promise.all([takeFrom(computing, waiting), ...Array.from({ length: lanes - 1 }, () => takeFrom(waiting))]);
  for (const { job, row } of doubtful) {
    const rowAlone = await judge(job);
    if (rowAlone) tally.wrong.push(rowAlone);
    else {
      tally.right++;
      tally.onlyAlone.push(row);
    }
  }
  await takeFrom(jobs.filter(({ withLoad }) => withLoad));
  return tally;
}
