import { type Job, placeOf } from './verify-jobs.ts';

/**
 * What is long must not be left for the end, when the other lanes have nothing more to do. Those of lessons about CPU time come
 * first. Starters are judged whole, right apps up to their last behaviour, wrong turns up to theirs; later lessons have longer
 * checks.
 */
export function longestFirst(jobs: readonly Job[]): Job[] {
  const rank = ({ subject }: Job) => ['starter', 'solution', 'other-way', 'wrong-turn'].indexOf(subject.role);
  const computes = ({ lesson }: Job) => Number(lesson.cpuBound);
  return [...jobs].sort(
    (one, other) =>
      computes(other) - computes(one) || rank(one) - rank(other) || other.lesson.number - one.lesson.number,
  );
}

/**
 * The order of a day, for a verify that may not come to the end of it: wrong turns of all lessons mixed, and each day begins
 * at another place of the circle. A step of the golden section leaves no place out for long.
 *
 * @param day days since the epoch, whole.
 */
export function ofTheDay(jobs: readonly Job[], day: number): Job[] {
  const begin = (day * ((Math.sqrt(5) - 1) / 2)) % 1;
  const place = ({ lesson, subject }: Job) => (placeOf(`${lesson.folder} ${subject.name}`) - begin + 1) % 1;
  const isWrongTurn = ({ subject }: Job) => Number(subject.role === 'wrong-turn');
  return [...jobs].sort((one, other) => isWrongTurn(one) - isWrongTurn(other) || place(one) - place(other));
}

/** Of wrong turns, those that were begun in time. Right apps are always judged. */
export class TimeLimit {
  readonly left: Job[] = [];
  readonly #isOver: () => boolean;

  constructor(isOver: () => boolean) {
    this.#isOver = isOver;
  }

  /** Whether this one is to be judged. Notes it as left where the time is over. */
  allows(job: Job): boolean {
    if (job.subject.role !== 'wrong-turn' || !this.#isOver()) return true;
    this.left.push(job);
    return false;
  }
}
