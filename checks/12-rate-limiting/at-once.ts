import type { CheckDefinition } from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import { exports, failedLogins, newAddress, reads, untilCounting } from './limits.ts';
import { canSign, newUser } from './new-users.ts';
import { untilSure } from './sure.ts';
import { isUnconnected } from './without-redis.ts';

const windowS = 60;
const crowd = 50;
/** There and back: a limiter that counts first and adds later has many counting before the first has added. */
const redisRoundTripMs = 20;

const unconnected = {
  because:
    'The app has not once connected to REDIS_URL. So either each instance counts alone, or all of the crowd were counted in another place before the first was added.',
  lookAt: 'where is the count kept, and which of the two instances can read it there?',
};
const afterAWait = {
  because:
    'Too many passed, and most of them only after a wait. Either they stood in a line inside the process until their time was over, and passed as if Redis were away, which had not been asked about them. Or nobody counts them over both instances, or all of them were counted before the first was added.',
  lookAt: 'what does a request wait for before Redis is asked, and what becomes of it after that wait?',
};
const crowdedOut = {
  because:
    'Of a crowd fewer pass than may. Either those that are refused take places, or a request is refused because another one came in between.',
  lookAt: 'what does a refused request leave in the store, and what else than a full count is a reason to refuse?',
};

export function atOnceBehaviour(behaviour: CheckDefinition['behaviour']): void {
  const teaching = {
    because:
      'Either nobody counts these requests over both instances, or all of them were counted before the first was added: between a look at the count and the change of it, every other request of the crowd looks, too.',
    lookAt: 'where is the count kept, how many commands does one decision take, and what can happen between them?',
  };
  behaviour(
    'at-once',
    `of ${crowd} requests at once, over both instances, only as many pass as may`,
    teaching,
    async (t) => {
      const apps = [t.app(1), t.app(2)];
      await untilCounting(t, ...apps);
      await canSign(t); // While Redis is quick.
      for (const limit of [reads, failedLogins, exports]) {
        await untilSure(t, async () => {
          await t.redis.restore();
          const user = await newUser(t, 'linus');
          await t.redis.clear();
          t.redis.delay(redisRoundTripMs);
          const client = new Client(t, limit, {
            apps,
            from: newAddress(),
            token: limit === exports ? user.token : undefined,
            windowS,
          });
          await client.asks(crowd, { atOnce: true });
          // A read that waited may have passed uncounted.
          const waited = limit === reads && client.passedInTime <= limit.most;
          return client.mustBeLimited(`${crowd} ${limit.what} of one client at once, over both instances`, {
            tooMany: isUnconnected(t.redis) ? unconnected : waited ? afterAWait : teaching,
            // What an app counts outside of Redis is still there for a customer who has exported before.
            ...(user.isNew || !isUnconnected(t.redis) ? { tooFew: crowdedOut } : {}),
          });
        });
      }
    },
  );
}
