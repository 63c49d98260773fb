import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import type { Lesson } from '../checks/harness/lesson.ts';
import type { LoadResult } from '../checks/harness/result.ts';
import { cacheDir, type Run, repoDir } from '../checks/harness/run.ts';
import type { Command } from './cli.ts';
import { contentOf, sameContent } from './folder-content.ts';
import { oneLesson, readLessons } from './lesson-list.ts';
import { CheckPrinter } from './print-check.ts';
import { isPassed } from './progress.ts';
import { readProgress } from './progress-file.ts';
import type { Arm } from './report/charts.ts';
import { type Report, reportPage } from './report/page.ts';
import { latencyChart } from './report/terminal-chart.ts';
import { runCheck } from './run-check.ts';
import { withRun } from './session.ts';
import { readStarter, starterContents, writeStarter } from './starter.ts';
import { dim } from './style.ts';

export const command: Command = {
  summary: 'Runs the load on the starter, on your app and, once you have passed, on our solution, and draws them.',
  takes: 'lesson-N',
  flags: {
    solution: { summary: 'draw our solution, too, before the lesson is passed' },
    json: { summary: 'print the figures as JSON instead, as they stand in the page' },
  },
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'report', args.names);
    const passed = isPassed(await readProgress(), lesson.folder);
    const quiet = args.has('json');
    const report = await withRun(async (run): Promise<Report> => {
      const loads: Report['loads'] = [];
      for (const { name, dir } of armsOf(run, lesson, passed || args.has('solution')))
        loads.push({ name, load: await loadOf(lesson, name, dir, quiet) });
      const machine = { cores: availableParallelism(), node: process.version, platform: process.platform };
      const { number, folder, title } = lesson;
      return { lesson: { number, folder, title }, at: new Date().toISOString(), machine, loads };
    });
    if (quiet) {
      console.log(JSON.stringify(report, null, 2));
      return 0;
    }
    const file = join(cacheDir, 'reports', `${lesson.folder}.html`);
    mkdirSync(join(cacheDir, 'reports'), { recursive: true });
    writeFileSync(file, reportPage(report));
    console.log(latencyChart(report.loads));
    console.log(`  Written to ${relative(repoDir, file)}: one file, which opens in any browser, also offline.`);
    if (!passed && !args.has('solution')) console.log(dim('  Our solution is drawn, too, once you have passed.'));
    return 0;
  },
};

/** The apps to compare. A learner's folder that is still the starter is not measured twice. */
function armsOf(run: Run, lesson: Lesson, withSolution: boolean): { name: Arm['name']; dir: string }[] {
  const starter = readStarter(lesson.folder);
  const starterDir = join(run.dir, 'starter');
  writeStarter(starterDir, starter, starterContents(starter));
  const yours = join(repoDir, 'lessons', lesson.folder);
  const changed = !sameContent(contentOf(join(yours, 'src')), contentOf(join(starterDir, 'src')));
  return [
    { name: 'starter', dir: starterDir },
    ...(changed ? [{ name: 'yours' as const, dir: yours }] : []),
    ...(withSolution ? [{ name: 'solution' as const, dir: join(repoDir, 'solutions', lesson.folder) }] : []),
  ];
}

async function loadOf(lesson: Lesson, name: Arm['name'], dir: string, quiet: boolean): Promise<LoadResult> {
  const printer = quiet ? undefined : new CheckPrinter(lesson);
  printer?.begin(
    { starter: 'the starter', yours: `lessons/${lesson.folder}`, solution: `solutions/${lesson.folder}` }[name],
  );
  const result = await runCheck(lesson, { folder: lesson.folder, subjectDir: dir, all: false, load: 'only' }, printer);
  printer?.end(result, ['']);
  const none: LoadResult = {
    outcome: 'inconclusive',
    elapsedMs: 0,
    requests: 0,
    seconds: 0,
    targets: [],
    reason: 'the app did not start',
  };
  return result.load ?? none;
}
