import { setTimeout as delay } from 'node:timers/promises';
import { type Instance, pulseOf, type Stage } from '../harness/sdk/index.ts';
import { quoteCostMs } from './reference.ts';
import { inTurns, mustAnswer } from './requests.ts';

/** Of what a quote costs in this process. An app that spends less does not compute each. */
const leastShareOfCost = 0.5;
const mostRounds = 4;
/** By the contract: a worker that dies sooner after it begins to serve may be taken for one that can't start. */
export const settledAfterMs = 1_100;

/** How many workers an instance must have that is told nothing by the check. */
export function workersByDefault(t: Stage): number {
  const told = Number(process.env.WEB_CONCURRENCY); // Of the learner's shell: the harness passes it on.
  return Number.isInteger(told) && told > 0 ? told : t.cores;
}

/** CPU milliseconds that each process of the app has used. */
export function cpuByPid(app: Instance): Map<number, number> {
  const threads = app.threadCpu();
  if (!threads) return new Map(app.tree().map(({ pid, cpuMs }) => [pid, cpuMs]));
  const used = new Map<number, number>();
  for (const [thread, ms] of threads) {
    const pid = Number(thread.split('/')[0]);
    used.set(pid, (used.get(pid) ?? 0) + ms);
  }
  return used;
}

/** Who used CPU since a reading of `cpuByPid`, most first. */
export function usedSince(before: Map<number, number>, app: Instance): { pid: number; ms: number }[] {
  return [...cpuByPid(app)].map(([pid, ms]) => ({ pid, ms: ms - (before.get(pid) ?? 0) })).sort((a, b) => b.ms - a.ms);
}

/**
 * Waits until the app's processes have started and rest. On a busy machine one that gets no core looks like one that
 * rests, so each must also have been asleep. Resolves to false when they have not come to rest by then.
 */
export async function settled(app: Instance, deadlineMs = 8_000): Promise<boolean> {
  const until = performance.now() + deadlineMs;
  for (let quiet = 0; quiet < 2; ) {
    if (performance.now() > until) return false;
    const before = cpuByPid(app);
    const pulses = new Map([...before.keys()].map((pid) => [pid, pulseOf(pid)]));
    await delay(60);
    const busy = usedSince(before, app).some(({ pid, ms }) => ms >= 6 || starves(pid, pulses.get(pid)));
    quiet = busy ? 0 : quiet + 1;
  }
  return true;
}

/** Wanted a core then and now, and has not slept in between. A process that is new was not seen to rest. */
function starves(pid: number, before: ReturnType<typeof pulseOf>): boolean {
  const now = pulseOf(pid);
  if (!now) return false; // Not Linux.
  return !before || (before.wantsCore && now.wantsCore && now.sleeps === before.sleeps);
}

/**
 * Pids of the processes that compute quotes, found by their CPU time: nothing in the app has to cooperate. Connections
 * are fresh and overlap, because a kept one stays with one worker.
 */
export async function servingPids(t: Stage, app: Instance, expected: number): Promise<number[]> {
  await settled(app);
  const before = cpuByPid(app);
  let serving: number[] = [];
  let sent = 0;
  for (let round = 0; round < mostRounds; round++) {
    // Always the same event: an app that keeps quotes computes it once in each worker.
    const paths = Array<string>(12 * expected).fill('/quote/friday-opening');
    sent += paths.length;
    await inTurns(2 * expected + 2, paths, (path) => mustAnswer(t, app, 'GET', path));
    const used = usedSince(before, app);
    const totalMs = used.reduce((sum, { ms }) => sum + ms, 0);
    t.require(totalMs / sent > leastShareOfCost * quoteCostMs(), {
      step: `${sent} quotes`,
      expected: `each to be computed, which costs ${quoteCostMs().toFixed(1)} ms of CPU here`,
      seen: `${(totalMs / sent).toFixed(1)} ms of CPU a quote`,
      because:
        'Quotes are kept. In production the demand of the moment goes in, so each is computed when it is asked for.',
      lookAt: 'what happens in GET /quote/:event?',
    });
    serving = whoServes(used, expected);
    if (serving.length > expected) serving = whoServes(await withoutPassingOn(t, app, used, sent), expected);
    if (serving.length === expected) break;
    if (used[0] && used[0].ms > 0.9 * totalMs && round > 0) break;
  }
  t.step(`${sent} quotes over fresh connections, ${2 * expected + 2} at a time`);
  return serving;
}

/**
 * A quarter of an even share makes a worker: the kernel does not deal connections out evenly. One too many is only who has
 * done nearly as much as the others, because a primary that passes requests on also works for each of them.
 */
function whoServes(used: { pid: number; ms: number }[], expected: number): number[] {
  const sumOf = (some: typeof used) => some.reduce((sum, { ms }) => sum + ms, 0);
  const least = sumOf(used) / expected / 4;
  const leastOfMore = (0.4 * sumOf(used.slice(0, expected))) / expected;
  return used.filter(({ ms }, at) => ms > (at < expected ? least : leastOfMore)).map(({ pid }) => pid);
}

/**
 * What each process used for the quotes themselves. A primary that passes requests on, headers and all, can use half as much
 * as a worker; for a request that costs nothing else it uses the same.
 */
async function withoutPassingOn(t: Stage, app: Instance, used: { pid: number; ms: number }[], sent: number) {
  await settled(app);
  const before = cpuByPid(app);
  await inTurns(8, Array<string>(sent).fill('/health'), (path) => mustAnswer(t, app, 'GET', path));
  const passing = new Map(usedSince(before, app).map(({ pid, ms }) => [pid, ms]));
  return used
    .map(({ pid, ms }) => ({ pid, ms: Math.max(0, ms - (passing.get(pid) ?? 0)) }))
    .sort((a, b) => b.ms - a.ms);
}

/** Counts the threads that did at least a fifth of what the app did since `threadsBefore`. Undefined if only Linux can tell. */
export function threadsAtWork(threadsBefore: Map<string, number> | undefined, app: Instance): number | undefined {
  const used = [...(app.threadCpu() ?? [])].map(([thread, ms]) => ms - (threadsBefore?.get(thread) ?? 0));
  const totalMs = used.reduce((sum, ms) => sum + ms, 0);
  return threadsBefore && used.filter((ms) => ms > totalMs / 5).length;
}

/** Pids of the processes that the app has besides the one that was started. */
export function workersOf(app: Instance): number[] {
  return app.tree().flatMap(({ pid }) => (pid === app.pid ? [] : [pid]));
}

/** SIGKILL to each of them. One that has just ended by itself is no matter. */
export function killEach(pids: Iterable<number>): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {}
  }
}

/** "processes" with their number. */
export function processes(count: number): string {
  return count === 1 ? 'one process' : `${count} processes`;
}

/** A process that serves and is not the one that was started. */
export function aWorkerOf(t: Stage, app: Instance, serving: readonly number[]): number {
  const worker = serving.find((pid) => pid !== app.pid);
  t.require(worker !== undefined, {
    expected: 'worker processes that serve, started by node src/server.ts',
    seen: 'the process that was started does the work itself',
    because: 'There is one process. When it dies, nobody is left who could serve or start it again.',
    lookAt: 'which process answers, and which one watches over it?',
  });
  return worker as number;
}
