import type { Instance, RedisHandle, Stage } from '../harness/sdk/index.ts';
import { prices } from './orders.ts';
import { inWords, send } from './wire.ts';

let last: Promise<unknown> = Promise.resolve();

/**
 * One more instance, once the one before it listens. Behaviours in the background all begin at once, and ten processes that
 * start together would slow the deploy down that is going on meanwhile.
 */
export function startInTurn(t: Stage, env: Record<string, string>): Promise<Instance> {
  const started = last.then(() => t.startExtra({ env }));
  last = started.catch(() => {});
  return started;
}

/** One more instance of the app, on the lesson's Redis past the proxy, which other behaviours slow down. Ready. */
export async function startReady(t: Stage, env: Record<string, string> = {}): Promise<Instance> {
  const app = await startInTurn(t, { REDIS_URL: t.redis.directUrl, ...env });
  await untilReady(t, app);
  return app;
}

export async function untilReady(
  t: Stage,
  app: Instance,
  { step, deadlineMs = 8_000 } = { step: '', deadlineMs: 8_000 },
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
  t.require(false, {
    step: step || 'GET /ready of a new instance, again and again',
    expected: `200 within ${deadlineMs / 1_000} s`,
    seen: last,
    because: 'An instance that never says that it is ready gets no requests.',
    lookAt: 'what does GET /ready wait for, and does that ever come?',
  });
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
