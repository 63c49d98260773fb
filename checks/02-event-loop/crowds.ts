import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, excerpt, type Stage } from '../harness/sdk/index.ts';
import { mainThread, mainThreadSince } from './main-thread.ts';
import { type Credentials, Crowd, hashCostMs, patienceMs } from './steps.ts';

const mostDelayMs = 50;
/** Where the thread's CPU time is not known: the event-loop utilisation of an app that only hands hashes on. */
const mostlyIdle = 0.45;

/** What was seen while a crowd signed up or logged in. */
export interface Meanwhile {
  /** What was done, in one line. */
  told: string;
  crowd: number;
  answers: Map<Credentials, Answer>;
  /** The health checks that were answered while the crowd waited. */
  health: Answer[];
  /** How many of them came back before any more of the crowd had: they did not wait for a hash. */
  overtook: number;
  /** For how long at a time the event loop was held, p99, and its utilisation, as seen from inside the app. */
  heldMs: number;
  elu: number;
  /** CPU time of the thread that runs the event loop, where the system tells. */
  mainMs: number | undefined;
}

/** Sends a crowd to `path`, and asks for the health as long as the crowd waits. */
export async function crowdAndHealth(
  t: Stage,
  path: string,
  bodies: Credentials[],
  seen?: (answer: Answer, body: Credentials) => void,
): Promise<Meanwhile> {
  const app = t.app(1);
  await app.probe.reset();
  const mainBefore = mainThread(app);
  const before = app.cpuMs();
  const crowd = new Crowd(t, path, bodies, { seen });
  await t.until('the app to hash', () => app.cpuMs() - before > 40 || crowd.open < bodies.length, {
    deadlineMs: patienceMs,
  });
  const health: Answer[] = [];
  let overtook = 0;
  while (crowd.open > 0) {
    const { open } = crowd;
    health.push(await t.visitor().get('/health', { deadlineMs: patienceMs }));
    if (crowd.open === open) overtook++;
    await delay(10 + health.length); // The longer it takes, the rarer: the checks must not be the work.
  }
  await delay(30); // A stall is recorded when the app's timers run next, which is after it could answer us.
  const { eventLoopHeld, elu } = await app.probe.read();
  const mainMs = mainThreadSince(app, mainBefore)?.cpuMs;
  const answers = await crowd.everyAnswer();
  const told = `${bodies.length} × POST ${path} at once, meanwhile GET /health again and again`;
  t.trail.begin(told);
  return { told, crowd: bodies.length, answers, health, overtook, heldMs: eventLoopHeld.p99, elu, mainMs };
}

/** An app that hashes on the event loop answers one health check a hash at the most, and none before it. */
export function healthMustOvertake(t: Stage, { told, crowd, health, overtook }: Meanwhile): void {
  t.trail.begin(told);
  for (const answer of health) {
    answer.mustBe(200);
    t.require(answer.json?.status === 'ok', {
      step: 'GET /health',
      expected: '{"status":"ok"}',
      seen: excerpt(answer.text),
      because: 'The answer is not the one in the README’s table of routes.',
      lookAt: 'what does GET /health answer with?',
    });
  }
  t.require(overtook >= crowd && overtook * 2 >= health.length, {
    expected: `most health checks to be answered before the next hash is done, at least ${crowd}`,
    seen: `${overtook} of ${health.length}`,
  });
}

/** Judged by CPU time, which a busy machine does not bend, and never by one window alone. */
export async function loopMustBeFree(t: Stage, first: Meanwhile, again: () => Promise<Meanwhile>): Promise<void> {
  if (isFree(t, first)) return;
  const second = await again();
  if (isFree(t, second)) return;
  if (second.mainMs === undefined && second.elu < mostlyIdle)
    t.inconclusive('the event loop was late although it was idle: the machine was too busy');
  t.atMost('event-loop delay p99', second.heldMs, mostDelayMs, 'ms', { because: standsStill(second.heldMs) });
}

/** Fails where the thread's CPU time proves it, and says whether the delay is within its limit. */
function isFree(t: Stage, { told, crowd, mainMs, heldMs }: Meanwhile): boolean {
  t.trail.begin(told);
  if (mainMs !== undefined) {
    t.atMost('CPU time of the main thread for one of them', mainMs / crowd, Math.round(hashCostMs() / 6), 'ms', {
      because: heldMs > mostDelayMs ? standsStill(heldMs) : hashedItself,
    });
  }
  if (heldMs > mostDelayMs) return false;
  t.atMost('event-loop delay p99', heldMs, mostDelayMs, 'ms');
  return true;
}

/** A few long stalls among many short ones do not show in a p99. */
const hashedItself =
  'The thread that runs the event loop computed at least one of the hashes itself. Nothing else is read, answered or timed meanwhile.';

function standsStill(heldMs: number): string {
  return `The event loop stood still for ${Math.round(heldMs)} ms at a time. Nothing else is read, answered or timed meanwhile.`;
}
