import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { ask, inWords } from './ask.ts';
import { orderOf } from './orders.ts';
import { Patience, Rest } from './patience.ts';
import { skipOnWindows } from './turns.ts';
import { mustServe, pidsServing, workers, workersOf } from './workers.ts';

/** By the contract 5 s, on a quiet machine. */
const backWithinMs = 15_000;
/** PM2 does nothing for so long: that is a pause, however busy the machine is. */
const longestPauseMs = 6_000;
const goneWithinMs = 15_000;
/** One that still serves then is not about to end. */
const servesOnForMs = 2_000;
const asks = 24;
/** From the second on to the worker that came for the one before: a pause that grows with each end shows at the third. */
const ends = ['SIGKILL', 'SIGINT', 'SIGKILL'] as const;

const thirdTime: Teaching = {
  because:
    'A worker that ended was replaced in time before, and now is not: what PM2 does after an end depends on those before it.',
  lookAt: 'how long is the pause after the third end of one worker, and when does PM2 forget the first two?',
};

/** Line 5. */
export function killedBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'killed',
    'a worker that ends is replaced, however it ended, and the others serve meanwhile',
    {
      because:
        'Nobody starts a new worker, or not soon. With each one that ends the app gets slower, until none is left.',
      lookAt:
        'what does PM2 do when a process ends by itself, after which pause, and does its exit code make a difference?',
    },
    async (t) => {
      skipOnWindows(t);
      const app = t.app(1);
      let known: ReadonlySet<number> = new Set();
      let victim = 0;
      for (const [n, signal] of ends.entries()) {
        const serving = await mustServe(t, app, workers, `before ${signal}`);
        victim = [...serving].find((pid) => !known.has(pid)) ?? victim;
        known = serving;
        process.kill(victim, signal);
        const before = n === 0 ? '' : `, after ${ends.slice(0, n).join(' and ')}`;
        t.trail.begin(`${signal} to ${n === 0 ? 'one' : 'the newest'} of ${workers} workers${before}`);
        if (!(await isGone(t, app, victim, signal))) continue;
        if (n === 0) await othersServe(t, app);
        await mustComeBack(t, app, victim, n === 2 ? thirdTime : undefined);
      }
    },
    { limitMs: 90_000 },
  );
}

/** False where it serves on: it can only be killed, or told to end in another way, and that is no matter here. */
async function isGone(t: Stage, app: Instance, pid: number, signal: string): Promise<boolean> {
  const patience = new Patience(goneWithinMs);
  const from = t.trail.length;
  for (; isThere(pid); await delay(20)) {
    if (patience.tookMs > servesOnForMs && (await pidsServing(app, workers)).has(pid)) return false;
    t.require(patience.lasts, {
      expected: `the worker to end after ${signal}, or to serve on`,
      seen: `it does neither after ${Math.round(patience.tookMs / 1_000)} s`,
    });
  }
  t.trail.retell(from);
  await delay(50); // What it was sent in the moment of its death is lost.
  return true;
}

/** Also when it has ended and PM2 has not noticed yet: until then PM2 may hand it a connection, which is lost. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function othersServe(t: Stage, app: Instance): Promise<void> {
  for (let n = 0; n < asks; n++) {
    const reply =
      n % 2 ? await ask(app, '/live') : await ask(app, '/orders', { method: 'POST', body: orderOf('kill') });
    t.require(reply.status === 200 || reply.status === 201, {
      step: n % 2 ? 'GET /live after its death' : 'POST /orders after its death',
      expected: 'an answer of another worker',
      seen: inWords(reply),
      because: 'One process died, and for a moment there was nobody else.',
      lookAt: 'how many workers are there, and who gets a new connection while one is missing?',
    });
  }
}

async function mustComeBack(t: Stage, app: Instance, victim: number, teaching?: Teaching): Promise<void> {
  const from = t.trail.length;
  let serving = 0;
  const patience = new Patience(backWithinMs);
  for (const rest = new Rest(); patience.lasts && rest.ms < longestPauseMs && !app.exited; await delay(50)) {
    rest.look([app, ...app.descendants()]);
    if (workersOf(app).filter((pid) => pid !== victim).length < workers) continue;
    serving = (await pidsServing(app, workers)).size;
    if (serving === workers) break;
  }
  t.trail.retell(from);
  serving ||= (await pidsServing(app, workers)).size;
  t.require(serving === workers, {
    expected: `${workers} workers again within 5 s`,
    seen: `${serving} after ${Math.round(patience.tookMs / 1_000)} s`,
    ...teaching,
  });
  patience.mustHaveLasted(t, 'the start of a new worker');
}
