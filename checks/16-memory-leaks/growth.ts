import type { Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { Memory } from './held.ts';
import type { Kind } from './kinds.ts';

/** Bytes for each request, which is kB for 1,000 of them. */
export const limitKb = 500;
/** Rounds between two looks at the memory, each with one request of every kind. */
const rounds = 60;
/** A slope takes four steps, and what is unclear takes more of them. A leak is there at each. */
const steps = 4;
const mostSteps = 12;
/** How long after its end a request may still hold something. */
export const letGoMs = 1_000;
/** Requests of one kind between two looks, to see which ones may leak, and to say that one does. */
const fewToName = 20;
const manyToName = 60;
/** Node drops 5 MB of its own at one of them: the one that strips types, once nobody has used it for some collections. */
const looksToName = 3;

/**
 * Sends rounds of requests, looks at the memory after each step, and fails the behaviour when it grows with the requests.
 * Then it measures each kind by itself, to name the one that grows most.
 */
export async function mustNotGrow(t: Stage, kinds: Kind[], teaching: Teaching): Promise<void> {
  const memory = await Memory.of(t);
  try {
    await mustBeOneProcess(t, t.app());
    await memory.after(kinds, rounds); // The first collections also drop what the start has left.
    const perRound: number[] = [];
    let slope: number;
    do {
      perRound.push((await memory.after(kinds, rounds)) / rounds);
      slope = median(perRound.slice(-mostSteps / 2));
    } while (perRound.length < steps || (isUnclear(slope) && perRound.length < mostSteps));
    await mustBeOneProcess(t, t.app());
    t.step(
      `${perRound.length} times ${rounds} requests of each of ${kinds.length} kinds, with a collection after each`,
    );
    let waitMs = 0;
    if (slope > limitKb && letsGoLate(perRound, (await memory.after([], 0, letGoMs)) / rounds)) {
      waitMs = letGoMs;
      const late: number[] = [];
      for (let step = 0; step < 3; step++) late.push((await memory.after(kinds, rounds, waitMs)) / rounds);
      slope = median(late);
    }
    if (slope > limitKb) return await nameTheWorst(t, memory, kinds, waitMs, teaching);
    t.atMost('memory that stays, for 1,000 requests of each kind', Math.max(0, slope), limitKb, 'kB');
  } finally {
    memory.close();
  }
}

const isUnclear = (slope: number) => slope > limitKb / 3 && slope < limitKb * 3;

/** V8 sometimes drops a megabyte of code at once, or compiles some: one step that is out of line changes nothing. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

/**
 * A design may let go of what has ended once in a while, so that each look sees the last of it; then each look has to wait.
 * Sometimes a look comes just when all has gone, and those before it make it look like growth.
 * @param perRound what each step has added, in bytes a round
 * @param inASecond what one more second without requests has added, in the same
 */
export function letsGoLate(perRound: readonly number[], inASecond: number): boolean {
  const grown = perRound.reduce((sum, kb) => sum + kb, 0);
  const isLess = -inASecond >= (median(perRound.slice(-mostSteps / 2)) * perRound.length) / 20;
  return isLess || (grown + inASecond) / perRound.length <= limitKb;
}

async function nameTheWorst(
  t: Stage,
  memory: Memory,
  kinds: Kind[],
  waitMs: number,
  { because, lookAt }: Teaching,
): Promise<void> {
  const leftBy = async (kind: Kind, count: number) => {
    const looks: number[] = [];
    for (let look = 0; look < looksToName; look++) looks.push((await memory.after([kind], count, waitMs)) / count);
    return median(looks);
  };
  const each: { kind: Kind; kb: number }[] = [];
  for (const kind of kinds) each.push({ kind, kb: await leftBy(kind, fewToName) });
  // What V8 does meanwhile is as much as a few requests leave: whoever is named has been asked for many.
  for (const { kind } of each.filter(({ kb }) => kb > limitKb).toSorted((a, b) => b.kb - a.kb)) {
    const before = await t.app().probe.requestObjects();
    const kb = await leftBy(kind, manyToName);
    if (kb <= limitKb) continue;
    const sent = looksToName * manyToName;
    const held = (await t.app().probe.requestObjects()) - before;
    const objects = held > sent / 2 ? ` Of ${sent} that have ended, ${held} can still be reached.` : '';
    t.step(`${sent} times by itself: ${kind.name}`);
    return t.atMost('memory that stays, for 1,000 requests', kb, limitKb, 'kB', { because: because + objects, lookAt });
  }
  t.step('each kind by itself stays below the limit');
}

/** Memory is that of one process, so the app must be one. */
export async function mustBeOneProcess(t: Stage, app: Instance): Promise<void> {
  const { processes, threadsCreated } = await app.probe.read();
  t.require(processes.length === 1 && threadsCreated === 0, {
    expected: 'one process with one thread, from its start on',
    seen: `${processes.length} processes and ${threadsCreated} more threads so far`,
    ...(processes.length > 1 ? moreProcesses : moreThreads),
  });
}

const moreProcesses = {
  because:
    'A process that is replaced before it has grown too large still leaks. Whatever it was working on is lost each time.',
  lookAt: 'who starts more processes, and what is it that they are to get rid of?',
};
const moreThreads = {
  because:
    'A thread has a heap of its own. Its end gives that back, and ends whatever it was working on. What leaks in it still leaks.',
  lookAt: 'who starts threads, and what is it that they are to get rid of?',
};
