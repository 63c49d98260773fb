import { type Answer, keptConnections, plainRequest, type Stage } from '../harness/sdk/index.ts';
import { idIn, newOrder, place, post } from './desk.ts';
import { asked } from './patience.ts';

/** Past the round numbers where somebody may draw a line: 100, 200, 500. */
const crowd = 510;
const atOnce = 10;

/** A Redis of their own and no worker: all of them wait, and nobody has to send them. */
export async function mustTurnNobodyAway(t: Stage): Promise<void> {
  t.trail.begin();
  const redis = await t.startRedis();
  const app = await t.startExtra({ env: { REDIS_URL: redis.appUrl } });
  const visitor = t.visitor({ at: app });
  await place(t, visitor, newOrder());
  let taken = 1;
  while (taken < crowd) {
    taken += await placeUntilRefused(new URL('/orders', app.url), crowd - taken);
    t.trail.begin(`${taken} orders whose e-mails wait, because there is no worker`, '202 for each');
    if (taken === crowd) return;
    // On a busy machine Redis may have been late for one.
    const answer = await asked(t, () => post(visitor, newOrder()));
    idIn(t, answer, turnsAway(answer) ? tooMany : {});
    taken++;
  }
}

/** Over connections that are kept: so many requests would take long otherwise. @returns how many were accepted. */
async function placeUntilRefused(url: URL, many: number): Promise<number> {
  const agent = keptConnections(atOnce);
  let begun = 0;
  let taken = 0;
  let refused = false;
  const lane = async () => {
    while (begun < many && !refused) {
      begun++;
      const reply = plainRequest(url, { method: 'POST', body: newOrder(), agent });
      const { status } = await reply.catch(() => ({ status: 0 }));
      if (status === 202) taken++;
      else refused = true;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  agent.destroy();
  return taken;
}

const turnsAway = ({ status }: Answer) => status === 429 || status === 503;

const tooMany = {
  because:
    'Many e-mails wait, so the shop turns customers away. It could take their orders: a job can wait in Redis for as long as it has to.',
  lookAt: 'what does POST /orders make of a queue that is long?',
};
