import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { Subject } from './subjects.ts';

/** What of a check is run: its behaviours, its load, or the whole of it as a learner does. */
export type Part = 'behaviours' | 'load' | 'whole';

/** One verdict to come. */
export interface Job {
  lesson: Lesson;
  subject: Subject;
  part: Part;
}

export interface JobOptions {
  repeat: number;
  noLoad: boolean;
  /** What `npm test` leaves out: wrong turns, and the loads of those whose behaviours it has judged. */
  rest: boolean;
}

/** The verdicts that a subject is to get. */
export function jobsFor(lesson: Lesson, subject: Subject, { repeat, noLoad, rest }: JobOptions): Job[] {
  return Array.from(
    { length: repeat },
    (_, round): Job => ({ lesson, subject, part: partOf(subject, round, noLoad, rest) }),
  )
    .filter(() => !(rest && subject.role === 'starter'))
    .filter(({ part }) => !(noLoad && part === 'load'));
}

function partOf(subject: Subject, round: number, noLoad: boolean, rest: boolean): Part {
  // A wrong turn that holds every behaviour meets no load: it has not failed, which is wrong enough.
  if (subject.role === 'wrong-turn') return subject.expects.behaviour === 'load' && !noLoad ? 'whole' : 'behaviours';
  if (rest) return 'load';
  // The starter's load is run for its margins, and those don't flip.
  if (noLoad || (subject.role === 'starter' && round > 0)) return 'behaviours';
  return 'whole';
}

/**
 * What can be judged beside what. A right app that reaches its targets beside another load reaches them alone, too; that a
 * wrong one misses them is shown alone. With `mayRepeat`, a load that was not right beside another is judged again.
 */
export function howBeside(jobs: readonly Job[], mayRepeat: boolean): { beside: Job[]; loads: Job[]; alone: Job[] } {
  const beside = jobs.filter(({ part }) => part === 'behaviours');
  const loads = mayRepeat ? jobs.filter(({ part }) => part === 'load') : [];
  return { beside, loads, alone: jobs.filter((job) => !beside.includes(job) && !loads.includes(job)) };
}

/** How often what was misjudged beside others must be judged rightly alone: each time. */
const timesAlone = 3;

/** The verdicts that decide about what was misjudged beside others. */
export function onceMore(fooled: readonly Job[]): Job[] {
  return fooled.flatMap((job) => Array.from({ length: timesAlone }, () => job));
}

/**
 * Whether more was misjudged beside others than chance allows: one verdict in a hundred. Each is a check that a busy machine
 * can fool, so the list of them is printed, and more than these few are a fault of the workshop.
 */
export function tooManyFooled(fooled: readonly Job[], jobs: readonly Job[]): boolean {
  return fooled.length > Math.ceil(jobs.length / 100);
}
