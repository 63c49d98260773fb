import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { ask, inWords } from './ask.ts';
import { Patience, Rest } from './patience.ts';
import { skipOnWindows, startInTurn } from './turns.ts';
import { mustServe, pidsServing, workersOf } from './workers.ts';

/** By the contract, there is a pause of a second before the twelfth start at the latest. */
const mostStarts = 11;
const aPauseMs = 900;
/** Who gives up has often done so after ten. */
const startsUntilRepair = 10;
/** For those whose pauses are long. */
const repairAfterMs = 18_000;
/** One that rests for so long does not end by itself. It may wait for its settings. */
const livesOnMs = 3_000;
/** A process that waits may look less often with each time: then it comes too late after half a minute, and not before. */
const repairOneThatWaitsAfterMs = 33_000;
const watchForMs = 45_000;
/** By the contract within 20 s: the longest pause of PM2 is 15 s. */
const backWithinMs = 25_000;

/** What they pay while the settings are broken, and before: more than src/settings.json says. */
const osloCents = 10_400;
const asks = 10;

const broken = '{\n  "feeCents": 250,\n';

/** Line 7. */
export function crashLoopBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'crash-loop',
    'a worker that can’t start is tried again after pauses, and serves once it can',
    {
      because: 'Each start takes a core for a while, for nothing. The workers that serve need it.',
      lookAt: 'what does PM2 do between the end of a process and its next start, and when does it stop to try?',
    },
    async (t) => {
      skipOnWindows(t);
      const settings = JSON.parse(readFileSync(t.file('SETTINGS_FILE'), 'utf8')) as { cents: Record<string, number> };
      const whole = JSON.stringify({ ...settings, cents: { ...settings.cents, oslo: osloCents } }, null, 2);
      const file = join(dirname(t.file('SETTINGS_FILE')), 'broken-settings.json');
      writeFileSync(file, whole);
      const app = await startInTurn(t, { WEB_CONCURRENCY: '2', SETTINGS_FILE: file }, { isUrgent: true });
      const [victim] = await mustServe(t, app, 2, 'WEB_CONCURRENCY=2');
      writeFileSync(file, broken);
      const before = new Set(workersOf(app));
      process.kill(victim as number, 'SIGKILL');
      const starts = await untilRepair(app, before, victim as number, () => rmSync(file, { force: true }));
      t.trail.begin('SETTINGS_FILE is broken, then missing, and one of two workers is killed');
      mustGoOn(t, app);
      const livesOn = starts.restedMs >= livesOnMs;
      if (!livesOn) mustPause(t, starts);
      await mustSellOn(t, app);
      writeFileSync(file, whole);
      t.step(`${livesOn ? 'a new one lives on' : `${starts.count} starts failed`}; then SETTINGS_FILE is whole again`);
      await mustComeBack(t, app, before, livesOn ? livesInVain : gaveUp);
    },
    { limitMs: 240_000, background: true },
  );
}

interface Starts {
  count: number;
  longestPauseMs: number;
  /** For how long the last one has rested. */
  restedMs: number;
  /** The time for them. */
  patience: Patience;
}

/**
 * Watches the workers that come and go, until some starts have failed, or PM2 has shown that it does not wait between them.
 * @param takeAway is called when the first one has seen the settings broken: for the others there are none.
 */
async function untilRepair(
  app: Instance,
  before: ReadonlySet<number>,
  victim: number,
  takeAway: () => void,
): Promise<Starts> {
  const seen = new Set(before);
  const patience = new Patience(watchForMs);
  const untilLate = new Patience(repairAfterMs);
  const starts: Starts = { count: 0, longestPauseMs: 0, restedMs: 0, patience };
  let pauseMs = 0;
  const hasPaused = () => starts.longestPauseMs >= aPauseMs;
  const isOver = () =>
    app.exited ||
    !patience.lasts ||
    starts.restedMs >= repairOneThatWaitsAfterMs ||
    (hasPaused() && ((starts.count >= startsUntilRepair && pauseMs > 0) || pauseMs >= livesOnMs || isLate())) ||
    (!hasPaused() && starts.count > mostStarts);
  const isLate = () => starts.restedMs < livesOnMs && !untilLate.lasts;
  for (const rest = new Rest(); !isOver(); await delay(20)) {
    const alive = workersOf(app).filter((pid) => pid === victim || !before.has(pid));
    const fresh = alive.filter((pid) => !seen.has(pid));
    for (const pid of fresh) seen.add(pid);
    starts.count += fresh.length;
    if (starts.count > 1 || starts.restedMs >= livesOnMs) takeAway();
    // Whoever gets no core neither rests nor pauses.
    const restedMs = rest.look(alive.length > 0 ? alive.map((pid) => ({ pid })) : [app]);
    starts.restedMs = alive.length > 0 && fresh.length === 0 ? starts.restedMs + restedMs : 0;
    pauseMs = alive.length > 0 ? 0 : pauseMs + restedMs;
    starts.longestPauseMs = Math.max(starts.longestPauseMs, pauseMs);
  }
  return starts;
}

function mustGoOn(t: Stage, app: Instance): void {
  t.require(!app.exited, {
    expected: 'PM2 to go on: one of its workers serves',
    seen: app.exited ? `it ended with ${app.ending()}` : '',
    because: 'One worker could not start, and everything ended, with the one that served.',
  });
}

/** Who lives for seconds each time has not come to the twelfth start, and need not have paused. */
function mustPause(t: Stage, { count, longestPauseMs, patience }: Starts): void {
  if (longestPauseMs >= aPauseMs) return;
  const seconds = (patience.tookMs / 1_000).toFixed(1);
  t.require(count <= mostStarts, {
    expected: `a pause of a second before start number ${mostStarts + 1}`,
    seen: `${count} starts in ${seconds} s, the longest pause ${Math.round(longestPauseMs)} ms`,
  });
  patience.mustHaveLasted(t, `the way to start number ${mostStarts + 1}`);
}

/** By the one that has its settings. The other one gets no request, and takes no prices from anywhere else. */
async function mustSellOn(t: Stage, app: Instance): Promise<void> {
  for (let n = 0; n < asks; n++) {
    const { status, text } = await ask(app, '/prices/oslo');
    t.require(status === 200 && new RegExp(`"cents"\\s*:\\s*${osloCents}\\b`).test(text), {
      step: 'GET /prices/oslo meanwhile',
      expected: `200, with "cents":${osloCents}, as the worker that serves has read it before`,
      seen: status === 200 ? text.slice(0, 80) : inWords({ status, text }),
      because:
        'A worker that could not read SETTINGS_FILE got requests all the same: it had no prices, or those of another file.',
      lookAt: 'what does a worker do when SETTINGS_FILE can’t be read, and what does it sell at then?',
    });
  }
}

const gaveUp: Teaching = {
  because: 'PM2 has stopped to try, or its next try is too far away. At three in the morning nobody tells it to go on.',
  lookAt: 'after how many starts, and how soon after each other, does PM2 give up, and how long do its pauses get?',
};

const livesInVain: Teaching = {
  because:
    'The worker could not read its settings, did not end, and does not read them again in time. PM2 keeps a process whose module throws: it is there, and serves nobody.',
  lookAt: 'what does src/server.ts do when the settings can’t be read, and who ends the process then?',
};

/** @param before those that served then have no part in a pause. */
async function mustComeBack(t: Stage, app: Instance, before: ReadonlySet<number>, teaching: Teaching): Promise<void> {
  const from = t.trail.length;
  let serving = 0;
  const patience = new Patience(backWithinMs);
  for (const rest = new Rest(); patience.lasts && rest.ms < backWithinMs && !app.exited; await delay(100)) {
    const waiting = workersOf(app).flatMap((pid) => (before.has(pid) ? [] : [{ pid }]));
    rest.look(waiting.length > 0 ? waiting : [app]);
    if (workersOf(app).length >= 2) serving = (await pidsServing(app, 2)).size;
    if (serving === 2) break;
  }
  t.trail.retell(from);
  mustGoOn(t, app);
  t.require(serving === 2, {
    expected: 'two workers to serve within 20 s',
    seen: `one after ${Math.round(patience.tookMs / 1_000)} s`,
    ...teaching,
  });
  patience.mustHaveLasted(t, 'the next start');
}
