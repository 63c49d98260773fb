import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import type { Reporter, TestCase } from 'vitest/node';
import { listen } from '../../checks/harness/model/check-events.ts';
import type { Lesson } from '../../checks/harness/model/lesson.ts';
import { PhaseClock } from '../../checks/harness/model/phases.ts';
import {
  type BehaviourResult,
  type CheckPlan,
  type CheckResult,
  furtherVerdictOf,
  type LoadResult,
  resultSchemaVersion,
  verdictOf,
} from '../../checks/harness/model/result.ts';
import { examVerdict, scoreOf } from '../../checks/harness/model/score.ts';
import { cacheDir, type Run, repoDir } from '../../checks/harness/os/run.ts';
import { troubleIn } from '../../checks/harness/os/trouble.ts';
import { isStopping } from './session.ts';

/** What happens during a check, for whoever shows it. */
export interface CheckWatcher {
  services?(services: Record<string, string>): void;
  doing?(text: string): void;
  /** A line that the app has printed. @param from which of its processes: "instance 1". */
  output?(from: string, line: string): void;
  behaviour?(result: BehaviourResult): void;
  further?(result: BehaviourResult): void;
  load?(result: LoadResult): void;
}

/** Runs a lesson's `check.ts` in a thread of this process, through Vitest, and gathers its result. */
export async function runCheck(
  run: Run,
  lesson: Lesson,
  plan: CheckPlan,
  watcher: CheckWatcher = {},
): Promise<CheckResult> {
  const startedAt = performance.now();
  const clock = new PhaseClock(Date.now());
  const result: CheckResult = {
    schema: resultSchemaVersion,
    lesson: lesson.folder,
    subject: plan.subjectDir,
    verdict: 'fail',
    services: {},
    behaviours: [],
    further: { verdict: 'not-judged', behaviours: [] },
    notes: [],
    elapsedMs: 0,
  };
  const hangUp = listen((told) => {
    if (told.type === 'phase') clock.begin(told.phase, told.at);
    else if (told.type === 'doing') watcher.doing?.(told.text);
    else watcher.output?.(told.from, told.text);
  });
  try {
    const { problems, unawaited } = await runVitest(run, plan, (test) => {
      if (isStopping()) return; // The app that it speaks of was ended by us.
      const { behaviour, further, restart, load, services, notes } = test.meta();
      if (services) {
        result.services = services;
        watcher.services?.(services);
      }
      if (behaviour) {
        result.behaviours.push(behaviour);
        watcher.behaviour?.(behaviour);
      }
      if (further) {
        result.further.behaviours.push(further);
        watcher.further?.(further);
      }
      if (restart && further) {
        result.further.behaviours.push(restart);
        watcher.further?.(restart);
      } else if (restart) {
        result.behaviours.push(restart);
        watcher.behaviour?.(restart);
      }
      if (load) {
        result.load = load;
        watcher.load?.(load);
      }
      result.notes.push(...(notes ?? []));
    });
    // When a behaviour fails, requests of it may still be under way, and break with the app. Nobody waits for them any more.
    const hasFailed = [...result.behaviours, ...result.further.behaviours].some(
      ({ outcome }) => outcome === 'fail' || outcome === 'inconclusive',
    );
    if (!hasFailed) problems.push(...unawaited);
    if (problems.length > 0) {
      const broken = brokenCheck(problems);
      result.behaviours.push(broken);
      watcher.behaviour?.(broken);
    }
  } finally {
    hangUp();
  }
  const loadWanted = plan.load !== 'never';
  if (lesson.exam && plan.load !== 'only') {
    result.score = scoreOf(result.behaviours, lesson.exam.passAt);
    result.verdict = examVerdict(result.behaviours, result.load, result.score);
  } else result.verdict = verdictOf(result.behaviours, result.load, loadWanted);
  result.further.verdict = furtherVerdictOf(result.further.behaviours);
  result.elapsedMs = Math.round(performance.now() - startedAt);
  result.phases = clock.stop(Date.now());
  return result;
}

/** Whatever Vitest says went wrong is ours: behaviours report in their result and never throw. */
function brokenCheck(problems: string[]): BehaviourResult {
  const base = { id: 'workshop', title: 'the check itself runs', outcome: 'inconclusive' as const, elapsedMs: 0 };
  const trouble = problems.map(troubleIn).find((found) => found !== undefined);
  if (trouble) return { ...base, reason: trouble.what, fix: trouble.fix };
  return {
    ...base,
    reason: `the check itself went wrong: ${[...new Set(problems)].join('\n').split('\n').slice(0, 12).join('\n')}`,
    fix: 'this is a fault of the workshop; please report it with the lines above',
  };
}

/**
 * Vitest, our own files and our services are compiled once, and found compiled by the next check: a quarter of a second of
 * its start. Where nothing may be written, Node compiles them each time. Apps don't get this variable.
 */
function keepCompiled(): void {
  process.env.NODE_COMPILE_CACHE ??= join(cacheDir, 'compiled');
  enableCompileCache(process.env.NODE_COMPILE_CACHE);
}

/** What went wrong that is no behaviour's result. */
interface Problems {
  problems: string[];
  /** Failures of behaviours that came while nobody waited for them. */
  unawaited: string[];
}

async function runVitest(run: Run, plan: CheckPlan, onTest: (test: TestCase) => void): Promise<Problems> {
  keepCompiled();
  const { startVitest } = await import('vitest/node');
  const problems: string[] = [];
  const unawaited: string[] = [];
  let judged = 0;
  const reporter: Reporter = {
    onTestCaseResult(test) {
      judged++;
      onTest(test);
      const { state, errors } = test.result();
      if (state !== 'passed')
        problems.push(...(errors ?? []).map((error) => error.stack ?? error.message), `${test.name}: ${state}`);
    },
    onTestRunEnd(modules, unhandled) {
      for (const error of unhandled)
        (error.name === 'BehaviourFailure' ? unawaited : problems).push(error.stack ?? error.message);
      for (const module of modules) problems.push(...module.errors().map((error) => error.stack ?? error.message));
      if (judged === 0) problems.push('no behaviour was run');
    },
  };
  const vitest = await startVitest(
    'test',
    [],
    {
      root: repoDir,
      config: false,
      include: [`checks/${plan.folder}/check.ts`],
      watch: false,
      reporters: [reporter],
      // Threads of this process: they can't outlive it.
      pool: 'threads',
      // Node itself imports the check. Vite would take a # or ? in the repository's path for a part of an address.
      experimental: { viteModuleRunner: false },
      provide: { plan, runDir: run.dir },
      silent: false,
      onConsoleLog: () => false,
    },
    { cacheDir: join(cacheDir, 'vite'), logLevel: 'error' },
  );
  const exitCode = process.exitCode;
  await vitest?.close();
  process.exitCode = exitCode === 1 ? 0 : (exitCode ?? 0); // Vitest sets it; the verdict decides it here.
  return { problems, unawaited };
}
