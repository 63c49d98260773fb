import { setTimeout as delay } from 'node:timers/promises';
import type { Instance, RedisHandle, Teaching } from '../harness/sdk/index.ts';
import { Pauses } from './pauses.ts';
import { scriptsAreGone } from './scripts.ts';

const outageMs = 5_000;
/** To the app's timers an outage may seem so many times longer: minutes, in which clients that give up have given up. */
const hurried = 24;

const hangs = {
  because:
    'The connection to Redis is there, and nobody answers. Nothing in the app ends the wait, so every visitor holds a connection and the shop looks dead.',
  lookAt: 'how long may a command take, by the options of the Redis client?',
};

/** As a Redis that restarts does, it keeps its data and forgets the scripts that it was given. */
export function stopping(redis: RedisHandle, app: Instance): OutageKind {
  let refused = 0;
  let pauses: Pauses | undefined;
  return {
    async begin() {
      pauses = await Pauses.watch(app, redis.appUrl);
      await redis.cut();
    },
    async lasts(ms) {
      // An app that can't be hurried has an outage of seconds.
      const hurry = (times: number) => app.probe.hurry(times).catch(() => {});
      await hurry(hurried);
      await delay(ms);
      await hurry(1);
    },
    worstMoment: () => pauses?.longest(),
    async end() {
      await redis.forgetScripts();
      refused = await redis.unknownScripts();
      await redis.restore();
    },
    name: 'Redis stops',
    back: 'Redis is back, with its data and without the scripts that it was given',
    lastsMs: outageMs,
    whyNot: async () => ((await redis.unknownScripts()) > refused ? scriptsAreGone : undefined),
  };
}

/** Without the wait, for what ends in a moment. */
export function stoppingAtOnce(redis: RedisHandle): OutageKind {
  return { begin: () => redis.cut(), end: () => redis.restore(), name: 'Redis stops', lastsMs: 0 };
}

export function hanging(redis: RedisHandle): OutageKind {
  return {
    begin: () => redis.pause(),
    end: () => redis.resume(),
    name: 'Redis hangs: it takes connections and answers nothing',
    lastsMs: 0,
    unanswered: hangs,
  };
}

/** How Redis goes away, and comes back. */
export interface OutageKind {
  begin(): unknown;
  end(): unknown;
  name: string;
  lastsMs: number;
  unanswered?: typeof hangs;
  /** Resolves when so much more of the outage has passed. */
  lasts?(ms: number): Promise<void>;
  /** Resolves when the end of the outage would hurt most. */
  worstMoment?(): Promise<void> | undefined;
  /** The step that ends it. */
  back?: string;
  /** What keeps the app from working again, where Redis can tell. */
  whyNot?(): Promise<Teaching | undefined>;
}
