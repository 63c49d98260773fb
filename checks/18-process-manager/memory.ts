import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type CheckDefinition, type Instance, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import { ask, look } from './ask.ts';
import { OrdersInFlight } from './in-flight.ts';
import lesson from './lesson.ts';
import { Patience } from './patience.ts';
import { mustLoseNone, redisRoundTripMs, sent } from './reload.ts';
import { Traffic } from './traffic.ts';
import { skipOnWindows } from './turns.ts';
import { mustServe, workers, workersOf } from './workers.ts';

/** By the contract one above 300 MB is replaced, and one below 200 MB is not. */
const fineMb = 192;
/** Above that, what PM2 saw may have been too much. */
const surelyFineMb = 198;
const tooMuchMb = 338;
const looksEveryMs = Number(lesson.env.PM2_WORKER_INTERVAL);
/** By the contract within 5 s; its last answers take their time. */
const replacedWithinMs = 9_000;
/** By the contract it may be replaced from here on. */
const leakMb = 200;
/** Of so many it has drawn none. */
const restsForPictures = 24;
/** Each is 1 MB. */
const mostPictures = 800;
/** More than after which some end a worker, so that it can't have grown much. */
const quickRequests = 2_500;
/** For a worker that has begun to end to be gone. Its connection is closed. */
const endsWithinMs = 800;
/** So near to the goal each picture is looked at. */
const nearMb = 8;
let seats = 0;

/** Line 6. */
export function memoryBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'memory',
    'a worker that takes too much memory is replaced, and not one request fails',
    {
      because: 'A worker grows until the machine has no memory left. Then the system ends somebody, and asks nobody.',
      lookAt: 'who looks at the memory of a worker, how often, and what is the limit?',
    },
    async (t) => {
      skipOnWindows(t);
      const app = t.app(1);
      const serving = await mustServe(t, app, workers, 'before one grows');
      await leavesBusyAlone(t, app, [...serving]);
      await leavesAlone(t, app);
      await replaces(t, app);
      await mustServe(t, app, workers, 'after one was replaced');
    },
    { limitMs: 90_000 },
  );
}

/** Nor is one that has answered many requests, and is small. */
async function leavesBusyAlone(t: Stage, app: Instance, before: readonly number[]): Promise<void> {
  const agent = pictureAgent();
  let mostMb = 0;
  try {
    for (let n = 0; n < quickRequests; n++) {
      await ask(app, '/live', { agent });
      if (n % 100 === 0) mostMb = Math.max(mostMb, ...before.map(memoryMbOf));
    }
  } finally {
    agent.destroy();
  }
  mostMb = Math.max(mostMb, ...before.map(memoryMbOf));
  const isReplaced = () => {
    const now = workersOf(app);
    return before.some((pid) => !now.includes(pid));
  };
  const isOver = performance.now() + endsWithinMs;
  while (!isReplaced() && performance.now() < isOver) await delay(50);
  if (mostMb > surelyFineMb) return;
  t.require(!isReplaced(), {
    step: `${quickRequests} × GET /live over one connection; no worker takes more than ${Math.round(mostMb)} MB`,
    expected: 'all workers to serve on',
    seen: 'one was replaced',
    because: 'A worker was replaced that was small and well. Each start takes a core for a while, for nothing.',
    lookAt: 'how much memory does a worker take that is well, and what besides its memory makes one end?',
  });
}

/** A worker that has grown a little is none that leaks. */
async function leavesAlone(t: Stage, app: Instance): Promise<void> {
  const before = workersOf(app);
  const agent = pictureAgent();
  let mostMb = 0;
  let fresh: number[] = [];
  let isReplaced = false;
  try {
    let grown = await grow(t, app, { before, toMb: fineMb, agent });
    const isOver = performance.now() + 2.5 * looksEveryMs;
    while (!isReplaced && performance.now() < isOver) {
      mostMb = Math.max(mostMb, grown.mb);
      const now = workersOf(app);
      // A new one is there before the old one is told to end. PM2 itself may run something, for milliseconds.
      isReplaced = before.some((pid) => !now.includes(pid)) || now.some((pid) => fresh.includes(pid));
      fresh = now.filter((pid) => !before.includes(pid));
      await delay(100);
      // What it does not need it gives back.
      if (!isReplaced) grown = await grow(t, app, { before, toMb: fineMb, agent });
    }
  } finally {
    agent.destroy();
  }
  if (mostMb > surelyFineMb) return;
  t.require(!isReplaced, {
    step: `pictures until a worker takes ${Math.round(mostMb)} MB`,
    expected: 'it to serve on',
    seen: 'it was replaced',
    because: 'The limit is so low that a worker reaches it in ordinary service, and is replaced again and again.',
    lookAt: 'how much memory does a worker take that is well?',
  });
}

async function replaces(t: Stage, app: Instance): Promise<void> {
  const before = workersOf(app);
  t.redis.delay(redisRoundTripMs);
  const traffic = new Traffic(app, 'memory');
  let grown = { mb: 0, pid: 0 };
  let tookMs: number | undefined;
  const watch = new MachineWatch();
  const agent = pictureAgent();
  let inFlight: OrdersInFlight | undefined;
  let patience: Patience;
  try {
    await sent(t, traffic, 30);
    inFlight = await OrdersInFlight.begin(t, app);
    grown = await grow(t, app, { before, toMb: tooMuchMb, agent });
    patience = new Patience(replacedWithinMs);
    t.trail.begin(`pictures until a worker takes ${Math.round(grown.mb)} MB`);
    await inFlight.finish(t, app, endedInFlight);
    const isGone = () => !workersOf(app).includes(grown.pid);
    while (patience.lasts && !isGone()) await delay(50);
    if (isGone()) tookMs = patience.tookMs;
    await sent(t, traffic, 30);
    await traffic.stop();
  } finally {
    agent.destroy();
    inFlight?.drop();
    traffic.drop();
    t.redis.delay(0);
  }
  const { requests, failures } = traffic;
  t.trail.begin(
    `pictures until a worker takes ${Math.round(grown.mb)} MB, and ${requests} other requests`,
    tookMs === undefined ? undefined : `it was gone ${(tookMs / 1_000).toFixed(1)} s later`,
  );
  t.require(tookMs !== undefined, {
    expected: 'it to be replaced within 5 s',
    seen: `it still runs after ${replacedWithinMs / 1_000} s`,
  });
  mustLoseNone(t, failures, 1, watch);
  patience.mustHaveLasted(t, 'the end of a worker that is too large');
}

const endedInFlight = {
  because: 'The worker was ended with the requests of other customers in flight.',
  lookAt: 'who ends a worker that is too large, and is it asked to finish what it has?',
};

interface Growth {
  /** Workers of which none has been replaced yet. */
  before: number[];
  toMb: number;
  agent: Agent;
}

/** With no buffer, so that it also keeps the connection of an app that says it closes idle ones after a second. */
const pictureAgent = () => new Agent({ keepAlive: true, maxSockets: 1, agentKeepAliveTimeoutBuffer: 0 });

/** Looks at pictures over one connection, so that one worker draws most of them, until one is so large or was replaced. */
async function grow(t: Stage, app: Instance, { before, toMb, agent }: Growth): Promise<{ mb: number; pid: number }> {
  const sizes = () => before.map((pid) => ({ pid, mb: memoryMbOf(pid) }));
  const largest = () => sizes().reduce((one, other) => (other.mb > one.mb ? other : one));
  const atFirst = largest();
  let grown = atFirst;
  let grewAt = 0;
  for (let n = 0; n < mostPictures && grown.mb < toMb; n++) {
    await look(app, `/pictures/oslo/${++seats}`, agent);
    if (n % 4 < 3 && grown.mb < toMb - nearMb) continue;
    const gone = sizes().find(({ mb }) => mb === 0);
    if (gone) return { pid: gone.pid, mb: grown.mb };
    const now = largest();
    if (now.pid !== grown.pid || now.mb > grown.mb + 1) grewAt = n;
    grown = now;
    // It is being replaced already: it takes no new connections, and others draw these pictures.
    if (grown.mb > leakMb && n - grewAt > restsForPictures) return grown;
  }
  t.require(grown.mb >= toMb, {
    step: `${mostPictures} pictures of 1 MB`,
    expected: `a worker to take ${toMb} MB`,
    seen: `${Math.round(atFirst.mb)} MB before, and ${Math.round(grown.mb)} MB after`,
    because: 'The pictures are not kept any more, so nothing can be seen of what becomes of a worker that grows.',
    lookAt: 'src/pictures.ts, which the README asks to leave as it is',
  });
  return grown;
}

/** Resident memory in millions of bytes; 0 when it has ended. */
export function memoryMbOf(pid: number): number {
  try {
    const kb =
      process.platform === 'linux'
        ? /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
        : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
    return (Number(kb ?? 0) * 1_024) / 1_000_000;
  } catch {
    return 0;
  }
}
