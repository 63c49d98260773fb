import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type CheckDefinition, cacheDir, type Instance, type Stage, type Teaching } from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import { exports, failedLogins, newAccount, newAddress, reads, untilCounting } from './limits.ts';
import { newUser } from './new-users.ts';
import { untilSure } from './sure.ts';
import { together } from './together.ts';

const windowS = 2;
const aheadMs = 30_000;

/** Line 3 of "Further". */
export function clocksBehaviour(behaviour: CheckDefinition['behaviour']): void {
  const tooMany = {
    because:
      'Each instance judges by its own clock. To the one that is ahead, requests that passed a moment ago look half a minute old.',
    lookAt: 'whose clock says when a request has passed, and is it the same for all instances?',
  };
  const tooFew = {
    because:
      'What the instance ahead has written lies in the future of the others. They wait until their clocks get there.',
    lookAt: tooMany.lookAt,
  };
  behaviour(
    'clocks',
    'instances whose clocks are 30 s apart agree',
    tooMany,
    async (t) => {
      if (process.platform === 'win32') t.skip('the clock of one process is moved by a shell, and there is none here');
      const folder = await mkdtemp(join(cacheDir, 'clock-'));
      try {
        const apps = await startApart(t, folder);
        for (const order of [apps, apps.toReversed()])
          await untilSure(t, () => mustAgree(t, order, { tooMany, tooFew }));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    { further: true, limitMs: 45_000 },
  );
}

/** Each of the three limits: an app may take the time of each from another clock. */
async function mustAgree(
  t: Stage,
  order: Instance[],
  teaching: { tooMany: Teaching; tooFew: Teaching },
): Promise<void> {
  const { token } = await newUser(t, 'ada', order[0]);
  await t.redis.clear();
  const laterMs = 1.15 * windowS * 1_000;
  const clients = [reads, failedLogins, exports].map((limit) => {
    const times = Math.ceil(limit.most / 2) + 1;
    const who = { from: newAddress(), username: newAccount(), token: limit === exports ? token : undefined };
    const apps = order.flatMap((app) => Array<Instance>(times).fill(app));
    return { limit, times, client: new Client(t, limit, { ...who, apps, windowS }) };
  });
  const askAll = () => together(clients.map(({ client, times }) => client.asks(2 * times)));
  await askAll();
  await delay(laterMs);
  await askAll();
  for (const { limit, times, client } of clients) {
    const step = `${times} ${limit.what} on each of two instances with a window of ${windowS} s, and the same ${laterMs / 1_000} s later`;
    client.mustBeLimited(step, teaching);
  }
}

/** One as it is, and one whose clock is ahead. The probe is in NODE_OPTIONS, so that is added to. */
async function startApart(t: Stage, folder: string): Promise<Instance[]> {
  const file = join(folder, 'ahead.mjs');
  writeFileSync(
    file,
    `const Right = Date;
globalThis.Date = class Date extends Right {
  constructor(...given) { given.length ? super(...given) : super(Right.now() + ${aheadMs}); }
  static now() { return Right.now() + ${aheadMs}; }
};\n`,
  );
  const script = `NODE_OPTIONS="$NODE_OPTIONS --import ${pathToFileURL(file)}" exec "$@"`;
  const seconds = String(windowS);
  const env = { WINDOW_S: seconds, LOGIN_WINDOW_S: seconds, EXPORT_WINDOW_S: seconds };
  const apps = await together([t.startExtra({ env }), t.startExtra({ env, under: ['sh', '-c', script, 'sh'] })]);
  await untilCounting(t, ...apps);
  return apps;
}
