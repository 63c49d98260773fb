import { type Instance, plainRequest, type Stage, type SupplierHandle, type Teaching } from '../harness/sdk/index.ts';
import { touch } from './ask.ts';
import { baseline, difference, http, httpLabels } from './counting.ts';
import { endWorker, oldestOf } from './processes.ts';

const atOnce = 12;
const slowMs = 1_200;

/** A worker that is told to end finishes what is under way first. What it says meanwhile must not be added twice. */
export async function mustCountOnceInADrain(t: Stage, app: Instance, supplier: SupplierHandle): Promise<void> {
  const before = await baseline(t, app);
  await supplier.setLatency(slowMs);
  const calls = await supplier.total();
  // A worker that is told to end may break a connection whose request has not come yet. Each is counted once, or not at all.
  const asked = Array.from({ length: atOnce }, () => plainRequest(`${app.url}/events/5`).catch(() => {}));
  await t.until('the requests to be under way', async () => (await supplier.total()) >= calls + 2);
  await endWorker(t, app, oldestOf(t, app), 'SIGTERM');
  await Promise.all(asked);
  touch(app);
  const now = await baseline(t, app);
  await supplier.setLatency(0);
  const grown = difference(before.by(`${http}_count`, httpLabels), now.by(`${http}_count`, httpLabels));
  const route = 'GET /events/:id ';
  const own = [...grown].filter(([of]) => of.startsWith(route)).reduce((sum, [, by]) => sum + by, 0);
  const [other] = [...grown].filter(([of, by]) => by > 0 && !of.startsWith(route));
  t.require(own <= atOnce && !other, {
    step: `${atOnce} × GET /events/5, of which some are under way when a worker gets SIGTERM; a second after the last answer`,
    expected: `at most ${atOnce} more of GET /events/:id, and no others`,
    seen: other ? `${other[1]} more of ${other[0]}` : `${own} more`,
    ...twice,
  });
}

/** More was counted than was asked. */
export const twice: Teaching = {
  because: 'A request is counted once. What a worker had counted is added again when it ends.',
  lookAt: 'what does a worker say last, and what had it said before that is added up as well?',
};
