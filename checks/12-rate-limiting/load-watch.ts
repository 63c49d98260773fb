import { setTimeout as delay } from 'node:timers/promises';
import { BehaviourFailure, type LoadFinding, type Stage } from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import { newAddress, reads, untilCounting } from './limits.ts';
import { noteIfLate } from './sure.ts';
import { together } from './together.ts';

const windowS = 3;
/** 60 requests a second. */
const everyMs = 1_000 / 60;

/** A bot beside the customers that Artillery sends: it asks all the time, and is counted all the time. */
export async function botWatch(t: Stage): Promise<() => Promise<LoadFinding>> {
  await untilCounting(t, t.app(1), t.app(2));
  await t.redis.clear(); // What the behaviours have counted for the same users.
  const bot = new Client(t, reads, { apps: [t.app(1), t.app(2)], from: newAddress(), windowS });
  const asked: Promise<unknown>[] = [];
  let over = false;
  let wasLate = false;
  const ask = async () => {
    wasLate = noteIfLate(t, await bot.ask()) || wasLate;
  };
  const asking = (async () => {
    for (let next = performance.now(); !over; next += everyMs) {
      const one = ask();
      one.catch(() => {}); // Awaited with all others when the load is over.
      asked.push(one);
      await delay(Math.max(0, next - performance.now()));
    }
  })();
  return async () => {
    over = true;
    await asking;
    const note = () => `a bot sent ${bot.tries.length} requests beside them, of which ${bot.passed} passed`;
    try {
      await together(asked);
      bot.mustBeLimited('the load run: a bot, 60 requests a second, from one address', {
        tooMany,
        tooFew,
      });
      return { note: note() };
    } catch (error) {
      if (error instanceof BehaviourFailure && wasLate)
        t.inconclusive('reads were so late that they may have passed uncounted');
      if (error instanceof BehaviourFailure) return { note: note(), failure: { ...error.failure, kind: 'target' } };
      throw error;
    }
  };
}

const tooMany = {
  because: 'The limit holds for a few requests at a time, and not for a bot that never stops.',
  lookAt: 'what becomes of the count of a client that is refused all the time?',
};
const tooFew = {
  because: 'A bot that goes on asking never passes again, and with it whoever shares its address.',
  lookAt: 'what does a refused request change in the store?',
};
