import {
  type CheckDefinition,
  disturbs,
  type Instance,
  MachineWatch,
  type Stage,
  type Teaching,
} from '../harness/sdk/index.ts';
import { OrdersInFlight, refusedInFlight } from './in-flight.ts';
import { storedOrders } from './orders.ts';
import { eventually } from './patience.ts';
import { type FailedRequest, kindsOf, Traffic } from './traffic.ts';
import { skipOnWindows } from './turns.ts';
import { count, mustServe, workers } from './workers.ts';

/** So that each worker has orders in flight at every moment, and needs some time to get the list of sold-out events. */
export const redisRoundTripMs = 150;
const warmUpRequests = 30;

export const endedAtOnce = {
  because: 'Workers ended with requests in flight. PM2 asked them to end, and they did at once.',
  lookAt: 'with which signal does PM2 ask, and what does the process do then?',
};

/** Where each app's output stood before its reload, and the orders that it confirmed meanwhile: line 9 asks for their lines. */
export const reloaded = new WeakMap<Instance, { mark: number; confirmed: string[] }>();

/** Lines 2 and 3. */
export function reloadBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'reload',
    '`pm2 reload all` replaces every worker under load, and not one request fails',
    {
      because: 'A reload breaks requests, so each deploy does.',
      lookAt: 'what happens between the end of the old workers and the first answer of the new ones?',
    },
    async (t) => {
      skipOnWindows(t);
      const app = t.app(1);
      const before = await mustServe(t, app, workers, 'before the reload');
      const confirmed = await losesNothing(t, app);
      const after = await mustServe(t, app, workers, 'GET /live after it');
      const kept = [...before].filter((pid) => after.has(pid));
      t.require(kept.length === 0, {
        expected: 'new workers only',
        seen: `${count(kept.length)} of before`,
        because: 'A worker that was not replaced runs the old version.',
        lookAt: 'which processes does PM2 know, and which does it reload?',
      });
      const stored = await storedOrders(t.redis, 'reload');
      const missing = [...confirmed].filter((id) => stored.get(id) !== 1);
      t.require(missing.length === 0, {
        expected: `each of ${confirmed.size} confirmed orders once in encore:orders`,
        seen: `${missing.length} are not`,
        because: 'Customers have a confirmation for an order that nobody has, or that was stored twice.',
        lookAt: 'is the order stored before it is confirmed?',
      });
    },
    { limitMs: 60_000 },
  );
}

/** @returns the ids of the orders that were confirmed. */
export async function losesNothing(t: Stage, app: Instance): Promise<Set<string>> {
  const mark = app.stdout.end;
  const watch = new MachineWatch();
  t.redis.delay(redisRoundTripMs);
  const traffic = new Traffic(app, 'reload');
  let inFlight: OrdersInFlight | undefined;
  try {
    await sent(t, traffic, warmUpRequests);
    inFlight = await OrdersInFlight.begin(t, app);
    const reloaded = reload(t, app);
    reloaded.catch(() => {}); // Awaited below.
    t.trail.begin('pm2 reload all, in the middle of requests');
    await inFlight.finish(t, app, endedAtOnce, true);
    await reloaded;
    await sent(t, traffic, warmUpRequests);
    await traffic.stop();
  } finally {
    inFlight?.drop();
    traffic.drop();
    t.redis.delay(0);
  }
  t.trail.begin(`pm2 reload all, and ${traffic.requests} requests meanwhile`);
  mustLoseNone(t, traffic.failures, workers, watch);
  reloaded.set(app, { mark, confirmed: [...traffic.confirmed, ...inFlight.ids] });
  return traffic.confirmed;
}

/**
 * `server.close()` breaks a connection that a customer has just opened, and whose request has not been read yet. There is one
 * for each worker at the most, or more on a machine on which nobody gets a core. What was in flight is judged by itself.
 */
export function mustLoseNone(t: Stage, failures: FailedRequest[], replaced: number, watch: MachineWatch): void {
  const areResets = failures.every(({ kind }) => kind === 'ECONNRESET');
  if (areResets && failures.length <= replaced) return;
  if (areResets && disturbs(watch.otherCoresBusy())) return;
  t.require(false, {
    expected: 'no failed request',
    seen: `${failures.length} failed${ofOneRoute(failures)}: ${kindsOf(failures.map(({ kind }) => kind))}`,
    ...mechanismOf(failures),
  });
}

export async function sent(t: Stage, traffic: Traffic, more: number): Promise<void> {
  const target = traffic.requests + more;
  await eventually(t, 'the customers to be served', () => traffic.requests >= target);
}

/** Resolves when PM2 says that it is done. */
export async function reload(t: Stage, app: Instance): Promise<void> {
  const watch = new MachineWatch();
  const end = await app.pm2?.command('reload', 'all');
  if (end?.ending.startsWith('still running') && disturbs(watch.otherCoresBusy()))
    t.inconclusive('pm2 reload all took too long, and other programs kept the machine busy');
  t.require(end?.ok, {
    step: 'pm2 reload all',
    expected: 'exit code 0',
    seen: end ? `${end.ending}: ${end.output.lastLines(1)}` : 'PM2 does not answer',
    because: 'PM2 could not reload the app.',
    lookAt: 'the line above, and the ecosystem file',
  });
}

function ofOneRoute(failures: FailedRequest[]): string {
  const routes = new Set(failures.map(({ route }) => route));
  return routes.size === 1 ? `, all of them ${[...routes]}` : '';
}

function mechanismOf(failures: FailedRequest[]): Teaching {
  const refused = failures.filter(({ kind }) => kind === 'ECONNREFUSED');
  const unready = failures.filter(({ kind }) => kind.startsWith('503'));
  if (refused.length > 0)
    return {
      because: 'For a moment nobody listened: the old process was ended before the new one was there.',
      lookAt: 'in which mode does PM2 run the processes, and does a new one listen when PM2 ends the old one?',
    };
  if (unready.length > 0 && failures.every(({ route }) => route === 'GET /live'))
    return {
      because:
        'A worker that is about to end says so on GET /live. PM2 asks no health route: it hands over connections until the port is closed.',
      lookAt: 'what answers GET /live after SIGINT, and who listens to that?',
    };
  if (unready.length > failures.length / 2)
    return {
      because:
        'A new worker got requests before it had its list of sold-out events. From the moment it listens, it gets its share of them.',
      lookAt: 'what must a worker have before it listens?',
    };
  if (failures.every(({ kind }) => kind.startsWith('500'))) return refusedInFlight;
  return endedAtOnce;
}
