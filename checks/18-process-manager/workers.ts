import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  asksTheSystem,
  type CheckDefinition,
  type Instance,
  type Stage,
  type Teaching,
  wantsCore,
} from '../harness/sdk/index.ts';
import { pidServing } from './ask.ts';
import lesson from './lesson.ts';
import { Patience } from './patience.ts';
import { skipOnWindows, startInTurn } from './turns.ts';

export const workers = Number(lesson.env.WEB_CONCURRENCY);

/** PM2 starts one as soon as the one before it is ready. When all that are there serve, and nothing comes for so long, it is done. */
const restsForMs = 1_000;
/** The same while some of them don't serve: one may be starting, and another one may look after the others. */
const idlesForMs = 3_000;
const allServeWithinMs = 15_000;
/** Fresh connections go to each worker in turn. */
const asksOfEach = 5;

const wrongNumber: Teaching = {
  because: 'The number of workers is not the one that whoever runs the app has asked for.',
  lookAt: 'where does PM2 get the number of instances from, and what does it read there?',
};

const wrongCores: Teaching = {
  because: 'The cores of the machine are counted, also those that this process may not use.',
  lookAt: 'which function knows how many cores a process may use, and what does PM2 count for `max`?',
};

/** Line 1. */
export function workerBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'workers',
    'as many workers serve as WEB_CONCURRENCY says',
    wrongNumber,
    async (t) => {
      skipOnWindows(t);
      await mustServe(t, t.app(1), workers, `WEB_CONCURRENCY=${workers}`, wrongNumber, true);
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'one-core',
    'without WEB_CONCURRENCY there is one worker for each core that the app may use',
    wrongCores,
    async (t) => {
      skipOnWindows(t);
      const core = allowedCore();
      if (t.cores < 2) t.skip('this machine has one core, so nothing is left to forbid');
      if (core === undefined) t.skip('only Linux can forbid a process some of the cores (taskset)');
      const app = await startInTurn(t, { WEB_CONCURRENCY: undefined }, { under: ['taskset', '-c', `${core}`] });
      await mustServe(t, app, 1, `taskset -c ${core} npx pm2-runtime start ${lesson.ecosystem}`, wrongCores, true);
    },
    { limitMs: 60_000, background: true },
  );
}

/** The first core that this process may use, where one can be chosen. */
export function allowedCore(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const core = /Cpus_allowed_list:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return core && spawnSync('taskset', ['-c', core, 'true']).status === 0 ? Number(core) : undefined;
}

/** Waits until so many workers serve, or no more come. @param orMore waits for those that may come beyond that, too. */
export async function mustServe(
  t: Stage,
  app: Instance,
  expected: number,
  step: string,
  teaching = wrongNumber,
  orMore = false,
): Promise<Set<number>> {
  const from = t.trail.length;
  let serving = await pidsServing(app, expected);
  let known = '';
  const allServe = () => serving.size > 0 && workersOf(app).every((pid) => serving.has(pid));
  const idle = () => workersOf(app).flatMap((pid) => (serving.has(pid) ? [] : [{ pid }]));
  const starts = () => serving.size === 0 || wantsCore([app, ...idle()]);
  let changedAt = performance.now();
  for (const patience = new Patience(allServeWithinMs); patience.lasts && !app.exited; await delay(50)) {
    const now = [...serving, ...workersOf(app)].sort().join();
    if (now !== known || starts()) changedAt = performance.now();
    known = now;
    if (
      (serving.size === expected && !orMore) ||
      performance.now() - changedAt > (allServe() ? restsForMs : idlesForMs)
    )
      break;
    serving = await pidsServing(app, expected);
  }
  t.trail.retell(from);
  t.require(serving.size === expected, {
    step,
    expected: `${count(expected)} to answer GET /live on fresh connections`,
    seen: count(serving.size),
    ...teaching,
  });
  return serving;
}

/** The workers that answer on fresh connections. */
export async function pidsServing(app: Instance, expected: number): Promise<Set<number>> {
  const pids = new Set<number>();
  for (let asks = 0; asks < asksOfEach * expected; asks++) {
    const pid = await pidServing(app);
    if (pid === undefined) break; // Nobody listens, or not yet.
    pids.add(pid);
  }
  return pids;
}

/** Pids of what PM2 has started, but for commands that ask the system something for it. */
export function workersOf(app: Instance): number[] {
  return app.descendants().flatMap(({ pid }) => (asksTheSystem(pid) ? [] : [pid]));
}

export const count = (workers: number) => (workers === 1 ? 'one worker' : `${workers} workers`);
