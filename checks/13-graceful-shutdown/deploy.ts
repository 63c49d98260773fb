import { type CheckDefinition, disturbs, type Instance, MachineWatch, type Stage } from '../harness/sdk/index.ts';
import lesson from './lesson.ts';
import { storedOrders } from './orders.ts';
import { skipOnWindows } from './ready.ts';
import { type FailedRequest, Traffic } from './traffic.ts';

/** So that at every moment some requests are in flight. */
const redisRoundTripMs = 30;
const warmUpRequests = 40;
const attempts = 3;
/** Of an instance with the lesson's delay, and a busy machine. */
const stopDeadlineMs = 10_000;
/** What an instance said last may be seen so much later. */
const graceMs = 50;
/** So few may be an accident. */
const fewFailures = 3;
/** So small a part that broke may be one, too, beside what was only late. */
const accidentShare = 0.1;

/** Line 1. */
export function deployBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'deploy',
    'three instances are replaced under load, and not one request fails',
    {
      because: 'Each deploy breaks requests: some were in flight, some came before the balancer had noticed.',
      lookAt: 'what does the process do on SIGTERM, in which order, and when does it stop to take connections?',
    },
    async (t) => {
      skipOnWindows(t);
      t.redis.delay(redisRoundTripMs);
      try {
        for (let attempt = 1; ; attempt++) {
          const watch = new MachineWatch();
          const deploy = await deployUnderTraffic(t, `deploy${attempt}`);
          const isExcused = deploy.wasDisturbed || (isStarved(deploy) && disturbs(watch.otherCoresBusy()));
          if (deploy.failures.length === 0 || !isExcused) {
            judge(t, deploy);
            return;
          }
          if (attempt === attempts)
            t.inconclusive('other programs kept the instances and the balancer from their work');
        }
      } finally {
        t.redis.delay(0);
      }
    },
    { limitMs: 60_000 },
  );
}

interface Drain {
  from: number;
  to: number;
}

interface Deploy {
  requests: number;
  failures: FailedRequest[];
  /** From SIGTERM to the end of each instance. */
  drains: Drain[];
  orders: number;
  twice: number;
  lost: number;
  wasDisturbed: boolean;
}

/**
 * Next to nothing broke, and not everything that failed did so while an instance was draining: instances were late to say that they
 * are ready, or waited too long for Redis.
 */
function isStarved({ failures, drains }: Deploy): boolean {
  if (failures.filter(({ kind }) => isBroken(kind)).length >= failures.length * accidentShare) return false;
  const meanwhile = failures.filter(({ at }) => drains.some(({ from, to }) => at >= from && at <= to + graceMs));
  return meanwhile.length < failures.length || failures.length < fewFailures;
}

const isBroken = (failure: string) => /^502|ECONN|hang up|EPIPE/.test(failure);

export async function deployUnderTraffic(t: Stage, kind: string): Promise<Deploy> {
  const from = t.trail.length;
  const traffic = new Traffic(t.url, kind);
  let wasDisturbed = false;
  let drains: Drain[] = [];
  try {
    const sent = async (more: number) => {
      const target = traffic.requests + more;
      await t.until('the customers to be served', () => traffic.requests >= target, { deadlineMs: 30_000 });
    };
    await sent(warmUpRequests);
    ({ wasDisturbed, drains } = await rollAll(t));
    await sent(warmUpRequests);
  } finally {
    await traffic.stop();
  }
  const stored = await storedOrders(t.redis, kind);
  t.trail.retell(from);
  return {
    requests: traffic.requests,
    failures: traffic.failures,
    drains,
    orders: traffic.confirmed.size,
    twice: [...stored.values()].filter((times) => times > 1).length,
    lost: [...traffic.confirmed].filter((id) => !stored.has(id)).length,
    wasDisturbed,
  };
}

/**
 * Deploys one instance after the other.
 * @param before what is done with each just before its SIGTERM.
 * @returns when, and whether the balancer itself got too little of the machine to notice in time what an instance says.
 */
export async function rollAll(
  t: Stage,
  before: (app: Instance) => Promise<unknown> = async () => {},
): Promise<{ wasDisturbed: boolean; drains: Drain[] }> {
  const drains: Drain[] = [];
  const delayMs = Number(lesson.env.DRAIN_DELAY_MS);
  let wasDisturbed = false;
  const watch = new MachineWatch();
  for (let number = 1; number <= lesson.instances; number++) {
    await before(t.app(number));
    t.takeLongestGapMs();
    const { failure, isReady, toldAt, noticedMs, endedMs } = await t.roll(number, { deadlineMs: stopDeadlineMs });
    if (failure) {
      const { seen, because, lookAt } = failure; // It says itself why that is wrong.
      t.require(false, { expected: `instance ${number} to end after SIGTERM`, seen, because, lookAt });
    }
    if (!isReady && disturbs(watch.otherCoresBusy()))
      t.inconclusive('other programs kept a new instance from its start');
    t.require(isReady, {
      expected: `the new instance ${number} to be ready within 10 s`,
      seen: 'GET /ready never gave 200',
      because: 'The balancer sends no requests to an instance that does not say that it is ready.',
      lookAt: 'what does GET /ready wait for?',
    });
    drains.push({ from: toldAt, to: toldAt + endedMs });
    // An instance that ends before its delay is over is to blame all the same.
    const servedOn = endedMs >= delayMs;
    if (servedOn && noticedMs > delayMs * 0.7 && t.takeLongestGapMs() > delayMs / 2) wasDisturbed = true;
  }
  return { wasDisturbed, drains };
}

function judge(t: Stage, { requests, failures: failed, orders, twice, lost }: Deploy): void {
  const failures = failed.map(({ kind }) => kind);
  t.step(`three instances deployed one after the other, ${requests} requests meanwhile`);
  t.require(failures.length === 0, {
    expected: 'no failed request',
    seen: `${failures.length} of ${requests} failed: ${kindsOf(failures)}${twice ? `; ${twice} orders stored twice` : ''}`,
    ...mechanismOf(failures),
  });
  t.require(lost === 0, {
    expected: `all ${orders} confirmed orders in encore:orders`,
    seen: `${lost} are missing`,
    because: 'Customers have a confirmation for an order that nobody has.',
    lookAt: 'is the order stored before it is confirmed, and what happens to it if the process ends in between?',
  });
  t.require(twice === 0, {
    expected: `each of ${orders} orders once in encore:orders`,
    seen: `${twice} are there twice`,
    because: 'An order was stored, and somebody sent it again.',
    lookAt: 'who repeats an order?',
  });
}

/** "12 × ECONNREFUSED, 3 × ECONNRESET". */
export function kindsOf(failures: string[]): string {
  const counts = new Map<string, number>();
  for (const kind of failures) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([kind, count]) => `${count} × ${kind}`)
    .join(', ');
}

function mechanismOf(failures: string[]) {
  const answered = failures.filter((kind) => !kind.includes('no instance is ready'));
  const broken = answered.filter(isBroken);
  const refused = broken.filter((kind) => kind.includes('ECONNREFUSED'));
  if (answered.length < failures.length / 2)
    return {
      because: 'There was a moment in which none of three instances said that it was ready.',
      lookAt: 'what does GET /ready depend on, besides the instance itself?',
    };
  if (broken.length < answered.length / 2)
    return {
      because: 'An instance got requests that it could not answer: it said that it was ready, and was not.',
      lookAt: 'what must an instance have before GET /ready says 200, and what must still work after SIGTERM?',
    };
  if (refused.length === broken.length)
    return {
      because:
        'The balancer looks every 200 ms. Until it has looked, it sends requests to an instance that takes no connections any more.',
      lookAt: 'how long does the instance still serve after GET /ready has become 503?',
    };
  return {
    because: refused.length
      ? 'Requests that were in flight broke, and the balancer sent more until it noticed that the instance was gone.'
      : 'Requests broke that the instance had already, or that came on a connection which it was closing.',
    lookAt:
      'what is in flight when the process ends, and which connections does it close before the balancer stops using them?',
  };
}
