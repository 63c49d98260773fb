// Runs the fixture's check against one app, as `npm run check -- --json` does: node check-app.ts DIR [--no-load]
import { runCheck } from '../../scripts/run-check.ts';
import { withRun } from '../../scripts/session.ts';
import lesson from './fixture/lesson.ts';

const [subjectDir = '', flag] = process.argv.slice(2);
const load = flag === '--no-load' ? 'never' : 'after-behaviours';
const result = await withRun(() => runCheck(lesson, { folder: lesson.folder, subjectDir, all: false, load }));
process.stdout.write(JSON.stringify(result));
process.exit(0);
