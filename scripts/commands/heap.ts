import { mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BehaviourFailure, type FailureKind, Inconclusive } from '../../checks/harness/model/verdict.ts';
import { cacheDir, repoDir } from '../../checks/harness/os/run.ts';
import { Environment } from '../../checks/harness/runner/environment.ts';
import type { Command } from '../command.ts';
import { oneLesson, readLessons } from '../learner/lesson-list.ts';
import { explainFailure } from '../running/dev-restarts.ts';
import { type HeapFindings, HeapRun } from '../running/heap-run.ts';
import { withRun } from '../running/session.ts';
import { subjectOf, withPackages } from '../running/subject.ts';
import { LiveStatus } from '../terminal/live-status.ts';
import { heapLines, phaseLine } from '../terminal/print-heap.ts';
import { bold, dim, wrap } from '../terminal/style.ts';
import { UsageError } from '../usage-error.ts';

const startFailures = new Set<FailureKind>(['exited-early', 'never-listened', 'wrong-port']);
const usualRequests = 1_000;
/** Fewer can't be told from what comes and goes by itself. */
const fewestRequests = 100;
/** Two snapshots of each run stay, 10 MB each or more. */
const keptRuns = 3;

export const command: Command = {
  summary: "Sends a lesson's app many requests, and shows what each of them leaves in its memory, and what holds it.",
  takes: 'lesson-N',
  flags: {
    solution: { summary: 'look at our solution instead of your app' },
    subject: { summary: 'look at the app in this folder instead', value: 'DIR' },
    requests: { summary: `how many of each kind, ${usualRequests.toLocaleString('en')} by default`, value: 'N' },
  },
  async run(args) {
    const lesson = oneLesson(await readLessons(), 'heap', args.names);
    const subjectDir = subjectOf(lesson, args);
    const given = args.valueOf('requests') ?? String(usualRequests);
    if (!/^\d{1,6}$/.test(given) || Number(given) < fewestRequests)
      throw new UsageError(`--requests takes a number from ${fewestRequests} on, not "${given}".`);
    console.log(bold(`lesson ${lesson.number} · ${lesson.title}`));
    const measured = [
      ...(lesson.instances > 1 ? [`instance 1 of ${lesson.instances}`] : []),
      ...(lesson.worker ? ['the worker'] : []),
    ].join(' and ');
    const subject = `${relative(repoDir, subjectDir) || subjectDir}${measured && `, ${measured}`}`;
    for (const line of wrap(`what requests leave in the memory of ${subject}`, '')) console.log(dim(line));
    console.log();
    return withRun(async (run) => {
      const runIn = withPackages(subjectDir, run);
      const appDir = realpathSync(runIn);
      const status = new LiveStatus();
      try {
        await using environment = await Environment.start({
          lesson,
          subjectDir: runIn,
          run,
          onProgress: (text) => status.show(text),
        });
        const findings = await new HeapRun(environment, Number(given), appDir, {
          doing: (text) => status.show(text),
          phase: (phase) => status.print(phaseLine(phase)),
        }).findings();
        status.end();
        for (const line of heapLines(findings, appDir)) console.log(line);
        const dir = keep(lesson.folder, findings);
        console.log(`\n  Written to ${relative(repoDir, dir)}: the heap before and after.`);
        console.log('  To look around in it, open both in Chrome: F12 → Memory → Load profile, then Comparison.');
        return 0;
      } catch (error) {
        status.end();
        return explain(error);
      }
    });
  },
};

/** Moves the first and the last snapshot of each process to where they stay, in a folder for each run. */
function keep(folder: string, { heaps }: HeapFindings): string {
  const all = join(cacheDir, 'heaps', folder);
  const now = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const dir = join(all, now);
  mkdirSync(dir, { recursive: true });
  for (const { name, first, last } of heaps) {
    const of = heaps.length > 1 ? `-${name.replace(/\W+/g, '-')}` : '';
    renameSync(first, join(dir, `before${of}.heapsnapshot`));
    renameSync(last, join(dir, `after${of}.heapsnapshot`));
  }
  for (const old of readdirSync(all).sort().slice(0, -keptRuns)) rmSync(join(all, old), { recursive: true });
  return dir;
}

function explain(error: unknown): number {
  if (error instanceof BehaviourFailure && startFailures.has(error.failure.kind)) {
    explainFailure(error);
    return 1;
  }
  if (error instanceof BehaviourFailure) {
    const { seen, because, trail, appOutput = [] } = error.failure;
    console.log();
    for (const line of wrap(`The app was asked “${trail.at(-1)?.what}”, and failed: ${seen}. ${because}`, '  '))
      console.log(line);
    for (const line of appOutput) console.log(dim(`    ${line}`));
    return 1;
  }
  if (error instanceof Inconclusive) {
    console.log(`\n  ${error.message}\n  To fix it: ${error.fix}`);
    return 2;
  }
  throw error;
}
