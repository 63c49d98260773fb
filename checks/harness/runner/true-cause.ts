import { setTimeout as delay } from 'node:timers/promises';
import type { AppProcess } from '../app/app-process.ts';
import { hasCrashed } from '../app/failures.ts';
import { knownMistake } from '../app/known-mistakes.ts';
import { BehaviourFailure, type Failure, type Teaching } from '../model/verdict.ts';
import type { Evidence } from '../net/answer.ts';
import { footprintOf } from '../os/footprint.ts';
import { type ErrorKind, errorLineOf } from '../os/output-tail.ts';

/** What a behaviour knows of its app besides what it has judged. */
export interface Witness {
  readonly evidence: Evidence;
  /** performance.now() when it began. */
  readonly startedAt: number;
  readonly apps: readonly AppProcess[];
}

/** What an app prints about an answer may come a moment after it: the two take different ways. */
const printedWithinMs = 300;
const endedWithinMs = 300;
/** Several times what any app of a lesson may need. */
const mostOpenFiles = 2_000;
const mostMemoryMb = 1_500;
const explained: ReadonlySet<Failure['kind']> = new Set(['behaviour', 'hangs']);

/**
 * A behaviour fails with the mechanism that its lesson is about. Where the app threw, broke the connection or has no such
 * route, that mechanism may be false, so what really happened takes its place, with the app's own lines.
 */
export async function trueCause(error: BehaviourFailure, witness: Witness): Promise<BehaviourFailure> {
  const { failure } = error;
  if (!explained.has(failure.kind)) return error;
  const { refused, broken } = witness.evidence;
  if (broken || refused?.answer.broken !== undefined) {
    const dead = await diedOf(witness);
    if (dead) return hasCrashed(dead, failure.trail);
  }
  const cause = await causeOf(witness);
  return cause ? new BehaviourFailure({ ...failure, ...cause }) : error;
}

/** A connection breaks some milliseconds before the process that held it has ended. */
async function diedOf({ apps }: Witness): Promise<AppProcess | undefined> {
  for (const until = performance.now() + endedWithinMs; ; await delay(20)) {
    const dead = apps.find((app) => app.crashed);
    await dead?.drained();
    if (dead || performance.now() >= until) return dead;
  }
}

type Cause = Partial<Teaching> & Pick<Failure, 'appOutput'>;

async function causeOf(witness: Witness): Promise<Cause | undefined> {
  const { refused, broken, unexpected } = witness.evidence;
  const greed = takesTooMuch(witness);
  if (greed) return greed;
  const answer = refused?.answer ?? [...unexpected].at(-1);
  if (answer?.broken !== undefined) return brokeOff(answer.request, answer.sentAt, witness);
  if (broken) return brokeOff(broken.request, broken.sentAt, witness);
  if (answer && answer.status >= 500) {
    const own = await printed(witness, answer.sentAt, 'own-fault');
    if (own) return threw(`while it answered ${answer.request}`, own);
    // Whoever says 502, 503 or 504 has thought of it, and a behaviour that asks for such a status is about it.
    const isNamed = refused?.allowed.some((status) => status >= 500) ?? false;
    const lines = await printed(witness, answer.sentAt, 'any');
    if (answer.status !== 500 || isNamed) return lines && { appOutput: lines };
    if (lines) return threw(`while it answered ${answer.request}`, lines);
    return {
      because: `The app answered 500 to ${answer.request}. That is how it says that it failed by itself; it has printed nothing about it.`,
      lookAt: 'what does the app catch and not print? npm run dev starts it with its output before you',
    };
  }
  if (answer?.status === 404 && /Cannot (GET|HEAD|POST|PUT|PATCH|DELETE) \//.test(answer.text))
    return {
      because: `The app has no route for ${answer.request}. The lesson's README lists the routes that it must have.`,
      lookAt: 'where is this route declared, and is its router used by the app?',
    };
  // What the app has caught and logged may be what the behaviour is about, such as a body that could not be parsed.
  const own = await printed(witness, witness.startedAt, 'unlogged-fault', 0);
  return own && threw('while the check asked it', own);
}

/** What follows from that looks like anything at all. */
function takesTooMuch({ apps }: Witness): Cause | undefined {
  for (const app of apps) {
    const footprint = footprintOf(app.exited ? [] : app.tree());
    if (!footprint) continue;
    const { openFiles, memoryMb } = footprint;
    if (openFiles > mostOpenFiles)
      return {
        because: `The app has ${openFiles.toLocaleString('en')} files and connections open. Nothing that it was asked for needs so many, and what it talks to can't take them all.`,
        lookAt: 'what opens a connection or a file for each request, and who closes it?',
      };
    if (memoryMb > mostMemoryMb)
      return {
        because: `The app takes ${(memoryMb / 1_000).toFixed(1)} GB of memory. Nothing that it was asked for needs so much, and collecting its garbage takes the time of its answers.`,
        lookAt: 'what grows with each request, and is never let go?',
      };
  }
  return undefined;
}

async function brokeOff(request: string, since: number, witness: Witness): Promise<Cause> {
  const lines = await printed(witness, since, 'any');
  return {
    because: `The app broke the connection in the middle of ${request}, so the client has no answer at all.`,
    lookAt: lines ? 'the error below' : 'who closes the socket, and why before the answer is sent?',
    ...(lines ? { appOutput: lines } : {}),
  };
}

function threw(when: string, lines: string[]): Cause {
  return {
    because: `The app threw ${when}: ${errorLineOf(lines)}`,
    lookAt: 'the error below: which line of yours throws it?',
    ...knownMistake(lines.join('\n')),
    appOutput: lines,
  };
}

/** The last error that one of the apps has printed since then. */
async function printed(
  { apps }: Witness,
  since: number,
  kind: ErrorKind,
  withinMs = printedWithinMs,
): Promise<string[] | undefined> {
  for (const until = performance.now() + withinMs; ; await delay(20)) {
    const lines = apps.map(({ output }) => output.errorSince(since, kind)).find((found) => found !== undefined);
    if (lines || performance.now() >= until) return lines;
  }
}
