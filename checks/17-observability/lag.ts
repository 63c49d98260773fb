import { setTimeout as delay } from 'node:timers/promises';
import { disturbs, type Instance, MachineWatch, plainRequest, type Stage, wantedCoreMs } from '../harness/sdk/index.ts';
import { mustBeA, within } from './counting.ts';
import { childrenOf, skipWithoutSignals, whileStopped } from './processes.ts';
import { scrape } from './scrape.ts';

const lag = 'event_loop_lag_seconds';
/** By the contract. */
const showsWithinMs = 2_000;
const staysMs = 5_000;
const goneWithinMs = 20_000;
/** What the app measures, reports and serves may each be a little late. */
const graceMs = 500;
/** Less than this at rest, with another core busy, too. */
const restMs = 500;
const shortestStallMs = 1_100;
/** So much more than what is shown already, or it could not be told from that. */
const longerByMs = 600;
/** A stall that falls together with a reset of Node's monitor is lost on it. That is rare, and no fault to be judged here. */
const tries = 3;

interface Stall {
  /** For how long the worker was stopped. */
  ms: number;
  endedAt: number;
  /** What the gauge is to show of it at the least. */
  leastMs: number;
}

/** For how many milliseconds a process of the app has wanted a core, at the most. */
type Starved = () => number;

const inSeconds = (ms: number) => `${Number((ms / 1_000).toFixed(2))} s`;

/** Two workers in turn stand still, and the gauge shows each of them, stays, and goes. */
export async function showsLag(t: Stage): Promise<void> {
  skipWithoutSignals(t);
  const app = await t.startExtra();
  await mustBeA(t, app, 'gauge', lag);
  const workers = childrenOf(app);
  const everyone = [...workers, app.pid]; // Whoever waits for the reports of the others may be the one that is late.
  const starvedAtFirst = starvedSince(everyone);
  for (const pid of workers) await untilServes(t, app, pid, workers);
  await mustBeSmall(t, app, 'nothing keeps a worker', restMs, performance.now() + goneWithinMs, starvedAtFirst);

  let last: (Stall & { starved: Starved }) | undefined;
  let shown = 0;
  for (const [n, pid] of workers.entries()) {
    const starved = starvedSince(everyone); // A worker that is stopped wants no core.
    const stall = await stop(t, app, pid, { mayMiss: workers.length - n - 1 >= 2 - shown });
    if (stall) shown++;
    last = stall ? { ...stall, starved } : last;
    if (shown === 2) break;
  }
  if (last) await mustStayAndGo(t, app, last);
}

/** From now on, and without a limit where nobody can say. */
function starvedSince(pids: readonly number[]): Starved {
  const before = pids.map((pid) => wantedCoreMs(pid));
  const since = (pid: number, was = Number.NEGATIVE_INFINITY) => (wantedCoreMs(pid) ?? Number.POSITIVE_INFINITY) - was;
  return () => Math.max(...pids.map((pid, n) => since(pid, before[n])));
}

/** A worker that has answered measures. Nobody else can answer while the others are stopped. */
async function untilServes(t: Stage, app: Instance, pid: number, workers: number[]): Promise<void> {
  const others = workers.filter((other) => other !== pid);
  await whileStopped(others, () =>
    within(t, 'an answer of a worker', () =>
      // Some of them may get to one that is stopped.
      Promise.any(Array.from({ length: 4 }, () => plainRequest(`${app.url}/health`, { withinMs: 500 }))).then(
        () => true,
        () => undefined,
      ),
    ),
  );
}

/** Stops a worker, again if need be, until the gauge shows it. */
async function stop(t: Stage, app: Instance, pid: number, { mayMiss = false }): Promise<Stall | undefined> {
  const watch = new MachineWatch();
  let most = 0;
  let wanted: number | undefined;
  let stall: Stall | undefined;
  for (let n = 0; n < tries; n++) {
    const beforeMs = await lagMs(t, app);
    const wantedMs = Math.max(shortestStallMs, beforeMs + longerByMs);
    wanted = wantedCoreMs(pid);
    const ms = await whileStopped([pid], () => delay(wantedMs));
    stall = { ms, endedAt: performance.now(), leastMs: Math.max(0.8 * ms, beforeMs + longerByMs / 2) };
    const { leastMs } = stall;
    most = 0;
    const shows = await within(
      t,
      lag,
      async () => {
        most = Math.max(most, await lagMs(t, app));
        return most >= leastMs ? true : undefined;
      },
      showsWithinMs + graceMs,
    );
    if (shows) break;
    stall = undefined;
    t.step(`one worker’s event loop stands still for ${inSeconds(ms)}`);
    if (n < tries - 1 || mayMiss) continue;
    t.require(false, {
      expected: `${lag} to show it within ${showsWithinMs / 1_000} s, whichever worker it is`,
      seen: `it shows ${inSeconds(most)}`,
    });
  }
  if (!stall) return undefined;
  t.step(`one worker’s event loop stands still for ${inSeconds(stall.ms)}`);
  const tooMuch = most > stall.ms + graceMs;
  // One that goes on and gets no core is late for longer, but for no longer than it has wanted one.
  const starvedMs = wanted === undefined ? Number.POSITIVE_INFINITY : (wantedCoreMs(pid) ?? wanted) - wanted;
  if (tooMuch && most <= stall.ms + graceMs + starvedMs && disturbs(watch.otherCoresBusy()))
    t.inconclusive('other programs kept the machine busy, and a worker was late for longer than it was stopped');
  t.require(!tooMuch, {
    expected: `${lag} to show about ${inSeconds(stall.ms)}`,
    seen: `it shows ${inSeconds(most)}`,
    because:
      'No worker was ever that late. Each event loop is late on its own: delays of two can’t be added, and a worker that has nothing to say is not late.',
    lookAt: 'how are the values of several workers, or of several moments, put together, and what is made of silence?',
  });
  return stall;
}

async function mustStayAndGo(
  t: Stage,
  app: Instance,
  { ms, endedAt, leastMs, starved }: Stall & { starved: Starved },
): Promise<void> {
  let shown = 0;
  for (;;) {
    shown = await lagMs(t, app);
    const sinceMs = performance.now() - endedAt;
    if (sinceMs > staysMs - graceMs) break; // It may go from now on.
    // Some show it while the worker stands still, and once more when the worker has told of it.
    t.require(shown >= leastMs || sinceMs < showsWithinMs, {
      expected: `${lag} to show ${inSeconds(ms)} for ${staysMs / 1_000} s`,
      seen: `it shows ${inSeconds(shown)} after ${inSeconds(sinceMs)}`,
      because: 'Prometheus comes by now and then. A maximum that is forgotten at once is one that it never sees.',
      lookAt: 'for how long is a maximum kept, and what makes it go?',
    });
    await delay(200);
  }
  await mustBeSmall(t, app, `${goneWithinMs / 1_000} s later`, ms / 2, endedAt + goneWithinMs, starved, shown);
}

async function mustBeSmall(
  t: Stage,
  app: Instance,
  when: string,
  belowMs: number,
  deadline: number,
  starved: Starved,
  wasMs?: number,
): Promise<void> {
  const watch = new MachineWatch();
  let shown = 0;
  const isSmall = await within(
    t,
    'the end of a lag',
    async () => {
      shown = await lagMs(t, app);
      return shown < belowMs ? true : undefined;
    },
    deadline - performance.now() + graceMs,
  );
  // A process that got no core was late indeed. That is another delay then, not as long as the one before, and no longer
  // than it has wanted a core.
  const mayBeLate = shown !== wasMs && shown <= starved() + graceMs;
  if (!isSmall && mayBeLate && disturbs(watch.otherCoresBusy()))
    t.inconclusive(`other programs kept the machine busy, and ${lag} stayed at ${inSeconds(shown)}`);
  t.require(isSmall, {
    step: when,
    expected: `${lag} to be small`,
    seen: `it shows ${inSeconds(shown)}`,
    because: 'The event loop has been well for long, and the figure still says that it is not.',
    lookAt: 'in which unit is it, what makes a maximum go that is long past, and is silence taken for a delay?',
  });
}

async function lagMs(t: Stage, app: Instance): Promise<number> {
  return ((await scrape(t, app)).most(lag) ?? 0) * 1_000;
}
