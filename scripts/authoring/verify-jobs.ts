import { createHash } from 'node:crypto';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import type { Subject } from './subjects.ts';

/** What of a check is run: its behaviours, its load, or the whole of it as a learner does. */
export type Part = 'behaviours' | 'load' | 'whole';

/** One verdict to come. */
export interface Job {
  lesson: Lesson;
  subject: Subject;
  part: Part;
  /** Of a wrong turn: the behaviour that must catch it is judged, and none of those before it. */
  directly?: boolean;
  /** Of an exam: under a short load. */
  short?: boolean;
}

export interface JobOptions {
  repeat: number;
  noLoad: boolean;
  /** What `npm test` leaves out: wrong turns, and the loads of those whose behaviours it has judged. */
  rest: boolean;
  /** The wrong turns that are taken through all behaviours up to their own, as a learner's app is. All when left out. */
  through?: Share | undefined;
}

/** One of so many parts of about the same size: `{ part: 1, of: 3 }` is the first third. */
export interface Share {
  part: number;
  of: number;
}

/** Reads "1/3". @returns undefined where that names no part. */
export function readShare(text: string): Share | undefined {
  const [, part, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  return part !== undefined && of !== undefined && part >= 1 && part <= of ? { part, of } : undefined;
}

/** The verdicts that a subject is to get. */
export function jobsFor(lesson: Lesson, subject: Subject, { repeat, noLoad, rest, through }: JobOptions): Job[] {
  // The parts of an exam do not build on each other.
  const directly =
    !lesson.exam &&
    subject.role === 'wrong-turn' &&
    through &&
    partIn(`${subject.name} ${lesson.folder}`, through.of) !== through.part;
  return (
    Array.from({ length: repeat }, (_, round): Job => {
      const part = partOf(lesson, subject, round, noLoad, rest);
      const short = lesson.exam && noLoad && part === 'whole';
      return {
        lesson,
        subject,
        part,
        ...(directly && part === 'behaviours' ? { directly } : {}),
        ...(short ? { short } : {}),
      };
    })
      // Of an exam, one whole load is enough: the others were judged under a short one.
      .filter(() => !(rest && (subject.role === 'starter' || (lesson.exam && subject.role === 'other-way'))))
      .filter(({ part }) => !(noLoad && part === 'load'))
  );
}

/** A number from 0 to 1 that a name has for ever, so that a new wrong turn moves no other. */
export function placeOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE() / 2 ** 32;
}

function partIn(name: string, of: number): number {
  return Math.floor(placeOf(name) * of) + 1;
}

function partOf(lesson: Lesson, subject: Subject, round: number, noLoad: boolean, rest: boolean): Part {
  // An exam is judged by its load. A wrong turn needs only the seconds of it that its part is judged by.
  if (lesson.exam && subject.role !== 'wrong-turn') return 'whole';
  // A wrong turn that holds every behaviour meets no load: it has not failed, which is wrong enough.
  if (subject.role === 'wrong-turn') return subject.expects.behaviour === 'load' && !noLoad ? 'whole' : 'behaviours';
  if (rest) return 'load';
  // The starter's load is run for its margins, and those don't flip.
  if (noLoad || (subject.role === 'starter' && round > 0)) return 'behaviours';
  return 'whole';
}

/**
 * What can be judged beside what. A right app that reaches its targets beside another load reaches them alone, too; that a
 * wrong one misses them is shown alone. The short load of an exam is less on a machine with less time, and its whole load is
 * to be the whole. With `mayRepeat`, a load that was not right beside another is judged again.
 */
export function howBeside(jobs: readonly Job[], mayRepeat: boolean): { beside: Job[]; loads: Job[]; alone: Job[] } {
  const beside = jobs.filter(({ part }) => part === 'behaviours');
  const loads = mayRepeat ? jobs.filter(({ part, short }) => part === 'load' || short) : [];
  return { beside, loads, alone: jobs.filter((job) => !beside.includes(job) && !loads.includes(job)) };
}

/** How often what was misjudged beside others must be judged rightly alone: each time. */
const timesAlone = 3;

/** The same, with all behaviours before the one that must catch it: what those do may be what it is caught by. */
export function inOrder({ lesson, subject, part }: Job): Job {
  return { lesson, subject, part };
}

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
