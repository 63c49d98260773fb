import type { Instance, RedisHandle, Stage } from '../harness/sdk/index.ts';
import { grace, whenReady } from './steps.ts';

/** As the harness gives every app that is told to stop. */
const endWithinMs = 5_000;

/** A deploy does not wait until Redis is well again. */
export async function mustEndWithoutRedis(t: Stage, app: Instance, redis: RedisHandle): Promise<void> {
  if (process.platform === 'win32') return; // It has no SIGTERM that a process could answer.
  try {
    redis.pause();
    await mustEnd(t, app, 'Redis hangs, and nobody asks for anything', {
      because:
        'At its end the app waits for something, such as an answer to QUIT, that Redis never gives. Whoever deploys has to kill it.',
      lookAt: 'what does the app wait for after SIGTERM, and for how long?',
    });
    await redis.restore();
    const other = await t.startExtra({ env: { REDIS_URL: redis.appUrl } });
    await whenReady(t, { at: other });
    await redis.cut();
    // Whatever it says, it knows then that Redis has gone.
    await t.visitor({ at: other }).post('/login', grace);
    await mustEnd(t, other, 'Redis has stopped, and somebody has tried to log in since', {
      because:
        'The server is closed, and the process stays: the Redis client goes on trying to connect, as if somebody still needed it. Whoever deploys has to kill it.',
      lookAt: 'what ends the Redis client after SIGTERM, and does that also end it while it has no connection?',
    });
  } finally {
    await redis.restore();
  }
}

async function mustEnd(
  t: Stage,
  app: Instance,
  what: string,
  teaching: { because: string; lookAt: string },
): Promise<void> {
  t.trail.begin(what);
  t.step('SIGTERM');
  app.signal('SIGTERM');
  t.require(await app.exitedWithin(endWithinMs), {
    expected: `the process to end within ${endWithinMs / 1000} s`,
    seen: 'it still runs',
    ...teaching,
  });
}
