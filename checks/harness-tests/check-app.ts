// Runs a fixture's check against one app, as `npm run check -- --json` does: node check-app.ts DIR [--no-load] [--further] [--all]
// FIXTURE names the folder of another fixture, UNTIL the last behaviour to judge, ONLY the one.
import { runCheck } from '../../scripts/running/run-check.ts';
import { withRun } from '../../scripts/running/session.ts';
import type { Lesson } from '../harness/model/lesson.ts';

const { default: lesson } = (await import(`./${process.env.FIXTURE ?? 'fixture'}/lesson.ts`)) as { default: Lesson };
const [subjectDir = '', ...flags] = process.argv.slice(2);
const load = flags.includes('--no-load') ? 'never' : 'after-behaviours';
const result = await withRun((run) =>
  runCheck(run, lesson, {
    folder: lesson.folder,
    subjectDir,
    all: flags.includes('--all'),
    further: flags.includes('--further'),
    load,
    ...(process.env.ONLY ? { only: process.env.ONLY } : {}),
    ...(process.env.UNTIL ? { until: process.env.UNTIL } : {}),
  }),
);
process.stdout.write(JSON.stringify(result));
process.exit(0);
