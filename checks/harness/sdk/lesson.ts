// What a lesson.ts imports: data and types only, so that a command which lists lessons loads no check.
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lesson, Target } from '../model/lesson.ts';
import type { RegisteredName } from '../services/registry.ts';

export type { HeapStep, HeapVisit, Lesson, LessonFile, Target } from '../model/lesson.ts';

/** A server that the app talks to, or a CDN in front of it. */
export type ServiceName = RegisteredName | 'cdn';

/** What a `lesson.ts` says. Its folder says the number, and a target's title is made of what it measures. */
type Said = Omit<Lesson, 'number' | 'folder' | 'services' | 'targets'> & {
  services: readonly ServiceName[];
  targets: readonly (Omit<Target, 'title'> & { title?: string })[];
};

/** @param url of the lesson.ts: `import.meta.url`. */
export function defineLesson(url: string, said: Said): Lesson {
  const folder = basename(dirname(fileURLToPath(url)));
  const targets = said.targets.map((target) => ({ title: `${target.statistic} of ${target.endpoint}`, ...target }));
  return { number: Number(folder.slice(0, 2)), folder, ...said, targets };
}
