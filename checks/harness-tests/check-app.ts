// Runs a fixture's check against one app, as `npm run check -- --json` does: node check-app.ts DIR [--no-load]
// FIXTURE names the folder of another fixture.
import { runCheck } from '../../scripts/run-check.ts';
import { withRun } from '../../scripts/session.ts';
import type { Lesson } from '../harness/lesson.ts';

const { default: lesson } = (await import(`./${process.env.FIXTURE ?? 'fixture'}/lesson.ts`)) as { default: Lesson };
const [subjectDir = '', flag] = process.argv.slice(2);
const load = flag === '--no-load' ? 'never' : 'after-behaviours';
const result = await withRun(() => runCheck(lesson, { folder: lesson.folder, subjectDir, all: false, load }));
process.stdout.write(JSON.stringify(result));
process.exit(0);
