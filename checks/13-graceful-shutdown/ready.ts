import type { Instance, RedisHandle, Stage, Teaching } from '../harness/sdk/index.ts';
import { prices } from './orders.ts';
import { startInTurn } from './turns.ts';
import { inWords, send } from './wire.ts';

/** One more instance of the app, on the lesson's Redis past the proxy, which other behaviours slow down. Ready. */
export async function startReady(t: Stage, env: NodeJS.Dict<string> = {}, lastsMs = 0): Promise<Instance> {
  const app = await startInTurn(t, { REDIS_URL: t.redis.directUrl, ...env }, lastsMs);
  await untilReady(t, app);
  return app;
}

interface Readied {
  /** What was done, where the trail does not tell it. */
  step?: string;
  deadlineMs?: number;
  teaching?: Teaching;
}

const neverReady: Teaching = {
  because: 'An instance that never says that it is ready gets no requests.',
  lookAt: 'what does GET /ready wait for, and does that ever come?',
};

export async function untilReady(
  t: Stage,
  app: Instance,
  { step = 'GET /ready of a new instance, again and again', deadlineMs = 8_000, teaching = neverReady }: Readied = {},
) {
  const from = t.trail.length;
  let last = '';
  for (const until = performance.now() + deadlineMs; performance.now() < until; ) {
    const reply = await send(app, '/ready', { withinMs: 3_000 });
    t.trail.retell(from);
    if (isYes(reply.status)) return;
    last = inWords(reply);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.require(false, { step, expected: `200 within ${deadlineMs / 1_000} s`, seen: last, ...teaching });
}

export const isYes = (status: number) => status >= 200 && status < 300;

/** A Redis of one's own, with a price list in it. */
export async function ownRedis(t: Stage, list: Record<string, number> = prices): Promise<RedisHandle> {
  const redis = await t.startRedis();
  await redis.client.hset('encore:prices', list);
  return redis;
}

export const noSigterm = 'Windows has no SIGTERM that a process could answer';

export function skipOnWindows(t: Stage): void {
  if (process.platform === 'win32') t.skip(noSigterm);
}
