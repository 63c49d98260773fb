import { disturbs, MachineWatch } from './machine.ts';

const mostAttempts = 3;

/**
 * The result to judge: the first good one. Where other programs keep the machine busy, what came too late may come in time
 * the next time; a fault is there all three times. On a quiet machine there is one attempt.
 */
export async function lastAttempt<Result>(
  attempt: () => Promise<Result>,
  isGood: (result: Result) => boolean,
  watchMachine: () => Pick<MachineWatch, 'otherCoresBusy'> = () => new MachineWatch(),
): Promise<Result> {
  for (let n = 1; ; n++) {
    const watch = watchMachine();
    const result = await attempt();
    if (isGood(result) || n === mostAttempts || !disturbs(watch.otherCoresBusy())) return result;
  }
}
