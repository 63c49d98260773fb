import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { ask, pidServing, type Reply } from './ask.ts';
import { eventually, Patience } from './patience.ts';
import { reload } from './reload.ts';
import { startInTurn } from './turns.ts';
import { mustServe, workersOf } from './workers.ts';

/** By line 10, from the reload: a little less than from when there was no new process yet. */
const servesOnForMs = 14_800;
/** By line 3, from the moment in which the new worker asks Redis. */
export const hangsForMs = 12_000;
const askEveryMs = 50;
/** Connections go to each worker in turn. */
const looks = 4;
/** So many that came later have their answer: whoever has the one that waits for its own does not wait for a core. */
const answeredLater = 10;
const newServesWithinMs = 20_000;

export const soldOutEvent = 'vienna';

export interface Asked {
  reply?: Reply;
  /** From the reload. */
  atMs?: number;
}

/** What customers saw who asked for the price of an event that is sold out. */
export interface Seen {
  asked: Asked[];
  /** Whether the new worker answered while Redis hung. */
  newListens: boolean;
  /** Whether the new worker served when Redis was back. */
  newServes: boolean;
}

/** One worker is reloaded while Redis hangs. Two behaviours judge what was seen, and the hang takes its time once. */
export class HangingReload {
  #seen: Promise<Seen> | undefined;

  seen(t: Stage): Promise<Seen> {
    this.#seen ??= watch(t).catch((error: unknown) => {
      this.#seen = undefined;
      throw error;
    });
    return this.#seen;
  }
}

async function watch(t: Stage): Promise<Seen> {
  const redis = await t.startRedis();
  await redis.client.sadd('encore:sold-out', soldOutEvent);
  const app = await startInTurn(t, { WEB_CONCURRENCY: '1', REDIS_URL: redis.appUrl }, { isUrgent: true });
  await mustServe(t, app, 1, 'WEB_CONCURRENCY=1');
  // When PM2 starts, a worker may listen before it has its list: that is line 11.
  const hasList = async () => hasTheList(await ask(app, `/prices/${soldOutEvent}`));
  await eventually(t, `GET /prices/${soldOutEvent} to say that it is sold out, as it is in Redis`, hasList);
  const before = new Set(workersOf(app));
  const connections = redis.connectionsSoFar;
  redis.pause();
  const reloaded = reload(t, app);
  reloaded.catch(() => {}); // Awaited below.
  t.trail.begin('Redis hangs, and pm2 reload all');
  let reloadedAt = performance.now();
  const isStarted = () => {
    const lookedAt = performance.now();
    if (workersOf(app).some((pid) => !before.has(pid))) return true;
    reloadedAt = lookedAt;
    return false;
  };
  await eventually(t, 'PM2 to start a new worker', isStarted);
  const asked = askFor(app, reloadedAt);
  try {
    const servesNew = async () => {
      const pid = await pidServing(app);
      return pid !== undefined && !before.has(pid);
    };
    const asksRedisOrServes = async () => redis.connectionsSoFar > connections || servesNew();
    await eventually(t, 'a new worker to ask Redis', asksRedisOrServes);
    const until = Math.max(performance.now() + hangsForMs, reloadedAt + servesOnForMs);
    let newListens = false;
    while (performance.now() < until && !newListens && !isHeld(asked.all)) {
      await delay(20);
      // One without a list may also be the old one, and that is another matter.
      for (let n = 0; n < looks && !newListens && asked.all.some(hasNoList); n++) newListens = await servesNew();
    }
    asked.stop();
    redis.resume();
    await reloaded;
    let newServes = await servesNew();
    for (const patience = new Patience(newServesWithinMs); !newServes && patience.lasts; await delay(20))
      newServes = await servesNew();
    return { asked: asked.all, newListens, newServes };
  } finally {
    asked.stop();
  }
}

/** Asks again and again, whether there are answers or not. What comes after the stop is not looked at. */
function askFor(app: Instance, since: number): { all: Asked[]; stop(): void } {
  const all: Asked[] = [];
  let isOver = false;
  const timer = setInterval(() => {
    const one: Asked = {};
    all.push(one);
    void ask(app, `/prices/${soldOutEvent}`).then((reply) => {
      if (isOver) return;
      one.reply = reply;
      one.atMs = performance.now() - since;
    });
  }, askEveryMs);
  return {
    all,
    stop() {
      isOver = true;
      clearInterval(timer);
    },
  };
}

export function hasTheList({ status, text }: Reply): boolean {
  return status === 200 && /"soldOut"\s*:\s*true/.test(text);
}

export const hasNoList = ({ reply }: Asked) => reply !== undefined && reply.status !== 0 && !hasTheList(reply);

export const isHeld = (asked: Asked[]) => answeredAfter(asked) >= answeredLater;

/** How many have their answer that came after the first one which still waits. */
export function answeredAfter(asked: Asked[]): number {
  const first = asked.findIndex(({ reply }) => !reply);
  return first < 0 ? 0 : asked.slice(first).filter(({ reply }) => reply?.status === 200).length;
}

/** Those that had no good answer while the old worker had to serve. */
export function failedEarly(asked: Asked[]): Reply[] {
  return asked.flatMap(({ reply, atMs = 0 }) => (reply && !hasTheList(reply) && atMs < servesOnForMs ? [reply] : []));
}
