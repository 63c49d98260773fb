import type { LoadFinding, Stage } from '../harness/sdk/index.ts';
import { memoryMbOf } from './memory.ts';
import { storedOrders } from './orders.ts';
import { count, mustServe, workers, workersOf } from './workers.ts';

/** Of the 20 requests of each visitor in load.yml. */
const ordersOfVisitor = 5;
const requestsOfVisitor = 20;

/** The pictures of the behaviours before it may have left others near the limit. By the contract one below 200 MB is left alone. */
const smallMb = 150;

/** Under an ordinary load no worker is replaced that was small before, and each order is stored. */
export async function ordinaryLoad(t: Stage): Promise<(requests: number) => Promise<LoadFinding>> {
  const app = t.app(1);
  const before = await mustServe(t, app, workers, 'before the load');
  const small = [...before].filter((pid) => memoryMbOf(pid) < smallMb);
  const storedBefore = (await storedOrders(t.redis, 'load')).size;
  return async (requests) => {
    const after = await mustServe(t, app, workers, 'after the load');
    const fresh = [...after].filter((pid) => !before.has(pid));
    const still = workersOf(app);
    const replaced = small.filter((pid) => !still.includes(pid)).length;
    const stored = await storedOrders(t.redis, 'load');
    const orders = (requests / requestsOfVisitor) * ordersOfVisitor;
    const twice = [...stored.values()].filter((times) => times > 1).length;
    const note = `${after.size} workers, ${fresh.length} of them new; ${stored.size - storedBefore} of ${orders} orders stored`;
    const trail = [{ what: `the load run, ${requests} requests` }];
    if (replaced > 0)
      return {
        note,
        failure: {
          kind: 'target',
          trail,
          expected: `those to serve on that took less than ${smallMb} MB before: ${count(small.length)}`,
          seen: `${count(replaced)} of these replaced`,
          because: 'Workers were replaced that had done nothing but their work.',
          lookAt: 'which limits of the ecosystem file does a worker reach under an ordinary load?',
        },
      };
    if (stored.size - storedBefore === orders && twice === 0) return { note };
    return {
      note,
      failure: {
        kind: 'target',
        trail,
        expected: `${orders} orders in encore:orders, each once`,
        seen: `${stored.size - storedBefore}, and ${twice} of them twice`,
        because: 'Every request was answered, and an order is missing or was stored twice.',
        lookAt: 'is an order stored before it is confirmed?',
      },
    };
  };
}
