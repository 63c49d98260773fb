import { relative } from 'node:path';
import { repoDir } from '../../checks/harness/os/run.ts';
import type { Command } from '../command.ts';
import { oneLesson, readLessons } from '../learner/lesson-list.ts';
import { afterLoad } from '../report/after-load.ts';
import { runCheck } from '../running/run-check.ts';
import { withRun } from '../running/session.ts';
import { subjectOf, verdictExitCodes, whoseOf, withPackages } from '../running/subject.ts';
import { CheckPrinter } from '../terminal/print-check.ts';

export const command: Command = {
  summary: 'Runs only the load of a lesson, whatever its behaviours, and shows the targets.',
  takes: 'lesson-N',
  flags: {
    solution: { summary: 'load our solution instead of your app' },
    subject: { summary: 'load the app in this folder instead', value: 'DIR' },
    output: { summary: 'show what the app prints, each line with the instance that printed it' },
    json: { summary: 'print the whole result as JSON (schema: CONTRIBUTING.md)' },
  },
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'load', args.names);
    const subjectDir = subjectOf(lesson, args);
    const printer = args.has('json') ? undefined : new CheckPrinter(lesson);
    printer?.begin(relative(repoDir, subjectDir) || subjectDir);
    const result = await withRun((run) =>
      runCheck(
        run,
        lesson,
        {
          folder: lesson.folder,
          subjectDir: withPackages(subjectDir, run),
          all: false,
          further: false,
          load: 'only',
          output: args.has('output'),
        },
        printer,
      ),
    );
    const picture = afterLoad(lesson, result.load, whoseOf(args));
    const next = [`Behaviours are not part of this: npm run check lesson-${lesson.number}`];
    if (printer) printer.end(result, next, picture);
    else console.log(JSON.stringify(result, null, 2));
    return verdictExitCodes[result.verdict];
  },
};
