import { BehaviourFailure, type LoadFinding, type Stage } from '../harness/sdk/index.ts';
import { rollAll } from './deploy.ts';
import { storedOrders } from './orders.ts';
import { OrdersInFlight } from './orders-in-flight.ts';

/** Of the 20 requests of each visitor in load.yml. */
const ordersOfVisitor = 5;
const requestsOfVisitor = 20;

/**
 * While the load runs, three instances are deployed. Artillery counts what fails; what was stored is counted here. On a slow machine
 * none of Artillery's requests may be in flight when an instance is told to end, so there is one more that is.
 */
export async function deployWatch(t: Stage): Promise<(requests: number) => Promise<LoadFinding>> {
  const before = (await storedOrders(t.redis, 'load')).size;
  const startedAt = performance.now();
  const inFlight = new OrdersInFlight(t);
  const deploy = rollAll(t, (app) => inFlight.hold(app)).then(
    () => undefined,
    (error: unknown) => error,
  );
  const tookMs = deploy.then(() => performance.now() - startedAt);
  return async (requests) => {
    const error = await deploy;
    const broken = await inFlight.broken();
    if (broken) return { note: 'an order was in flight at each SIGTERM', failure: { kind: 'target', ...broken } };
    const seconds = ((await tookMs) / 1_000).toFixed(1);
    if (error instanceof BehaviourFailure) return { note: 'the deploy did not end', failure: error.failure };
    if (error) throw error;
    const stored = await storedOrders(t.redis, 'load');
    const orders = (requests / requestsOfVisitor) * ordersOfVisitor;
    const twice = [...stored.values()].filter((times) => times > 1).length;
    const note = `three instances deployed meanwhile, in ${seconds} s; ${stored.size - before} of ${orders} orders stored, ${twice} of them twice`;
    if (stored.size - before === orders && twice === 0) return { note };
    return {
      note,
      failure: {
        kind: 'target',
        trail: [{ what: `the load run, ${requests} requests, and a deploy of three instances` }],
        expected: `${orders} orders in encore:orders, each once`,
        seen: `${stored.size - before}, and ${twice} of them twice`,
        because: 'Every request was answered, and an order is missing or was stored twice.',
        lookAt: 'is an order stored before it is confirmed, and who sends it again?',
      },
    };
  };
}
