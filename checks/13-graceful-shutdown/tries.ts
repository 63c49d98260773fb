import type { Instance, RedisHandle, Stage } from '../harness/sdk/index.ts';
import { mustBeCold } from './cold.ts';

/** The contract's second, and what one try and a busy machine may add to each pause. */
const seldomMs = 1_500;

/** Counts what Redis is asked meanwhile: with which commands an app loads its list is its own affair. */
export async function mustTryAgain(t: Stage, app: Instance, redis: RedisHandle, forMs: number): Promise<void> {
  const before = await questionsTo(redis);
  const from = performance.now();
  await mustBeCold(t, app, 'while there is still no price list', forMs);
  const after = await questionsTo(redis);
  const lastedMs = performance.now() - from;
  if (before === undefined || after === undefined) return; // A stand-in for Redis does not count.
  const tries = after - before;
  // The app has answered all the time, so it was awake.
  t.require(tries >= Math.ceil(lastedMs / seldomMs), {
    step: `what Redis is asked in ${inSeconds(lastedMs)}, while there is no price list`,
    expected: 'the price list, at least once a second',
    seen: tries === 0 ? 'nothing' : `${tries} questions`,
    because:
      'The box office is late. When the list comes, an instance that has given up, or rests for long, still sells nothing.',
    lookAt: 'how often is the price list asked for, how long is the pause in the end, and does it ever stop?',
  });
}

export const inSeconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** What a client says of itself, or only to hear whether anybody is there. */
const chatter = /^(ping|info|hello|auth|select|client|command|config|echo|time|quit|reset)(\||$)/;

/** All other commands that Redis was given since its start. Undefined where it does not count them. */
async function questionsTo(redis: RedisHandle): Promise<number | undefined> {
  const text = await redis.client.info('commandstats').catch(() => '');
  const counted = [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)];
  if (counted.length === 0) return undefined;
  return counted.reduce((sum, [, name = '', calls]) => sum + (chatter.test(name) ? 0 : Number(calls)), 0);
}
