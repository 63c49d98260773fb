import type { Instance, RedisHandle, Stage } from '../harness/sdk/index.ts';

/** As the harness gives every app that is told to stop. */
const endWithinMs = 5_000;

/** A deploy does not wait until Redis is well again. */
export async function mustEndWithoutRedis(t: Stage, app: Instance, redis: RedisHandle): Promise<void> {
  if (process.platform === 'win32') return; // It has no SIGTERM that a process could answer.
  redis.pause();
  try {
    t.trail.begin('Redis hangs, and nobody asks for anything');
    t.step('SIGTERM');
    app.signal('SIGTERM');
    t.require(await app.exitedWithin(endWithinMs), {
      expected: `the process to end within ${endWithinMs / 1000} s`,
      seen: 'it still runs',
      because:
        'At its end the app waits for something, such as an answer to QUIT, that Redis never gives. Whoever deploys has to kill it.',
      lookAt: 'what does the app wait for after SIGTERM, and for how long?',
    });
  } finally {
    await redis.restore();
  }
}
