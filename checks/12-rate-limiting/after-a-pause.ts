import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import { exports, failedLogins, newAccount, newAddress, untilCounting } from './limits.ts';
import { newUser } from './new-users.ts';
import { untilSure } from './sure.ts';
import { together } from './together.ts';

const readsS = 1;
const windowS = 30;
/** Longer than the window of reads, and a small part of the others. */
const pauseMs = 2_200;

/** A window may be longer than that of the reads, and nobody asks for a while in the middle of it. */
export async function mustRememberInAPause(t: Stage): Promise<void> {
  const redis = await t.startRedis();
  const seconds = String(windowS);
  const env = { REDIS_URL: redis.appUrl, WINDOW_S: String(readsS), LOGIN_WINDOW_S: seconds, EXPORT_WINDOW_S: seconds };
  const app = await t.startExtra({ env });
  await untilCounting(t, app);
  await untilSure(t, async () => {
    const { token } = await newUser(t, 'ada', app);
    await redis.clear();
    const clients = [failedLogins, exports].map((limit) => ({
      limit,
      client: new Client(t, limit, {
        apps: [app],
        from: newAddress(),
        token: limit === exports ? token : undefined,
        username: newAccount(),
        windowS,
      }),
    }));
    await together(clients.map(({ client, limit }) => client.asks(limit.most)));
    await delay(pauseMs);
    await together(clients.map(({ client }) => client.asks(1)));
    for (const { client, limit } of clients)
      client.mustNotPassMore(
        `WINDOW_S=${readsS}, and ${windowS} s for ${limit.what}: ${limit.most} of them, ${pauseMs / 1_000} s without any, and one more`,
        {
          because: 'In a pause that is shorter than their window, these requests were forgotten.',
          lookAt: 'how long does a key live in Redis, and which variable does that time come from?',
        },
      );
  });
}
