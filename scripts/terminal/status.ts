import type { Lesson } from '../../checks/harness/model/lesson.ts';
import { editedFolder } from '../learner/lesson-list.ts';
import type { Attempt, LessonProgress, Progress } from '../learner/progress.ts';
import { isPassed } from '../learner/progress.ts';
import { bold, columns, dim, green, red, yellow } from './style.ts';

/** The lesson that the learner is at: the one chosen, or else the first that is not passed. */
export function currentLesson(lessons: readonly Lesson[], progress: Progress): Lesson | undefined {
  const chosen = lessons.find((lesson) => lesson.folder === progress.current);
  return chosen ?? lessons.find((lesson) => !isPassed(progress, lesson.folder)) ?? lessons.at(-1);
}

/** The list of lessons, with how far the learner is. @param current is marked. */
export function lessonLines(lessons: readonly Lesson[], progress: Progress, current?: Lesson): string[] {
  const widest = Math.max(...lessons.map((lesson) => lesson.folder.length)) - 3;
  const longest = Math.max(...lessons.map((lesson) => lesson.title.length));
  return lessons.flatMap((lesson) => {
    const known = progress.lessons[lesson.folder] ?? {};
    const mark = lesson === current ? '→' : ' ';
    const name = `${String(lesson.number).padStart(2)}  ${lesson.folder.slice(3).padEnd(widest)}`;
    const title = columns() >= 110 ? `${lesson.title.padEnd(longest)}  ` : '';
    const line = `${mark} ${name}  ${String(lesson.minutes).padStart(3)} min  ${title}${stateOf(known)}`;
    return [line, ...figuresOf(known.best).map((figure) => dim(`${' '.repeat(widest + 17)}${figure}`))];
  });
}

function stateOf({ best, last, star }: LessonProgress): string {
  if (!last) return dim('not checked yet');
  const isExam = last.score !== undefined;
  const held = isExam ? `${last.score} points` : `${last.held} of ${last.behaviours} behaviours`;
  const now = {
    pass: '',
    held: yellow(
      isExam ? `${held} under a short load, the whole one is left` : 'every behaviour holds, the load run is left',
    ),
    fail: red(last.failing === 'load' ? 'every behaviour holds, the load asks more' : held),
    inconclusive: yellow('inconclusive'),
  }[last.verdict];
  if (best?.verdict !== 'pass') {
    const at = (attempt: Attempt) => attempt.score ?? attempt.held;
    return best && last.verdict !== 'held' && at(best) > at(last) ? `${now}, at best ${at(best)}` : now;
  }
  const points = best.score === undefined ? '' : ` with ${best.score} points`;
  return (
    green(`passed ${best.at.slice(0, 10)}${points}${star ? ' ★' : ''}`) + (now && last !== best ? `; now ${now}` : '')
  );
}

function figuresOf(best: Attempt | undefined): string[] {
  if (best?.verdict !== 'pass') return [];
  return (best.targets ?? []).map(({ title, measuredMs, atMostMs }) => `${title}: ${measuredMs} of ${atMostMs} ms`);
}

/** What the learner has to know of a lesson before its first check. */
export function introduction(lesson: Lesson, passed: boolean): string[] {
  return [
    bold(`lesson ${lesson.number} · ${lesson.title}`),
    `  Read     lessons/${lesson.folder}/README.md`,
    `  Edit     ${editedFolder(lesson)}`,
    passed
      ? '  You have passed it. n goes on to the next one; nothing else does.'
      : '  The first check fails, and is meant to: the lesson starts broken.',
  ];
}
