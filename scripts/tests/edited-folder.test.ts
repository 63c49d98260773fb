import { expect, it } from 'vitest';
import { editedFolder, oneLesson, readLessons } from '../learner/lesson-list.ts';

it.each([
  ['sessions', 'lessons/03-sessions/src'],
  ['process-manager', 'lessons/18-process-manager'],
  ['edge', 'lessons/19-edge'],
])('the learner of %s edits %s', async (name, folder) => {
  expect(editedFolder(oneLesson(await readLessons(), 'check', [name]))).toBe(folder);
});
