// What a lesson.ts imports: data only, so that a command which lists lessons loads no check.
export { defineLesson, type Lesson, type LessonFile, type ServiceName, type Target } from '../model/lesson.ts';
