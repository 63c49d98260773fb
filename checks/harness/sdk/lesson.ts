// What a lesson.ts imports: data and types only, so that a command which lists lessons loads no check.
import type { Lesson } from '../model/lesson.ts';
import type { RegisteredName } from '../services/registry.ts';

export type { Lesson, LessonFile, Target } from '../model/lesson.ts';

/** A server that the app talks to, or a CDN in front of it. */
export type ServiceName = RegisteredName | 'cdn';

/** Types the data of a `lesson.ts` without widening it. */
export function defineLesson(lesson: Lesson & { services: readonly ServiceName[] }): Lesson {
  return lesson;
}
