import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, RedisHandle, Stage, Teaching } from '../harness/sdk/index.ts';
import { mustRememberInAPause } from './after-a-pause.ts';
import { Client, seconds } from './client.ts';
import { mostInSpan } from './history.ts';
import { exports, failedLogins, type Limit, newAccount, newAddress, reads, untilCounting } from './limits.ts';
import { newUser } from './new-users.ts';
import { untilSure } from './sure.ts';
import { together } from './together.ts';

/** That are waited for: each behaviour gives the other variables other values. */
const windowsS = new Map([
  [reads, 2],
  [failedLogins, 3],
  [exports, 2],
]);
const others = { WINDOW_S: '7', LOGIN_WINDOW_S: '8', EXPORT_WINDOW_S: '9' };
/** Long enough to send nine requests in. */
const leadMs = 250;
const pollEveryMs = 50;

export function slidesBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'slides',
    'no span of WINDOW_S has more than ten reads, whatever the moment, and refused ones do not count',
    atTheBoundary,
    async (t) => {
      const { apps, redis } = await startWithShortWindows(t, 2, { WINDOW_S: String(windowsS.get(reads)) });
      await untilSure(t, async (n) => {
        await redis.clear();
        const attacked = attack(t, reads, apps, '', n);
        const flooded = [0, 1, 2].map((phase) => flood(clientOf(t, reads, apps, ''), phase));
        const [{ client, kept }, ...floods] = await together([attacked, ...flooded]);
        const flooding = `reads, with a window of ${windowsS.get(reads)} s: ${reads.most} one after the other, and then one every ${pollEveryMs} ms`;
        for (const one of [...floods, client]) mustCountAtAll(t, one, reads);
        for (const flood of floods) flood.mustNotPassMore(flooding, unlessNeverRefused(flood, tooSoon));
        client.mustNotPassMore(inWords(client, reads), unlessNeverRefused(client, atTheBoundary));
        for (const flood of floods) flood.mustPassWhatMay(flooding, staysOut);
        client.mustPassWhatMay(inWords(client, reads), staysOut);
        return kept;
      });
    },
    { background: true, limitMs: 60_000 },
  );
}

export function otherWindowsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'other-windows',
    'the limits on logins and on exports slide, too, each with a window of its own',
    atTheBoundary,
    async (t) => {
      await mustSlide(t);
      await mustRememberInAPause(t);
    },
    { background: true, limitMs: 60_000 },
  );
}

/** Of logins and of exports, in turns. */
async function mustSlide(t: Stage): Promise<void> {
  const { apps, redis } = await startWithShortWindows(t, 1, {
    LOGIN_WINDOW_S: String(windowsS.get(failedLogins)),
    EXPORT_WINDOW_S: String(windowsS.get(exports)),
  });
  await untilSure(t, async (n) => {
    const { token } = await newUser(t, 'ada', apps[0]);
    await redis.clear();
    const limits = [failedLogins, exports];
    const attacks = await together(limits.map((limit) => attack(t, limit, apps, token, n)));
    for (const { client, limit } of attacks) {
      mustCountAtAll(t, client, limit);
      const tooMany = unlessNeverRefused(client, atTheBoundary);
      client.mustBeLimited(inWords(client, limit), { tooMany, tooFew: staysOut });
    }
    return attacks.every(({ kept }) => kept);
  });
}

/** With windows that a check can wait for, and a Redis of their own, as they run beside others. */
async function startWithShortWindows(
  t: Stage,
  count: number,
  windows: Record<string, string>,
): Promise<{ apps: Instance[]; redis: RedisHandle }> {
  const redis = await t.startRedis();
  const env = { REDIS_URL: redis.appUrl, ...others, ...windows };
  const apps = await together(Array.from({ length: count }, () => t.startExtra({ env })));
  await untilCounting(t, ...apps);
  return { apps, redis };
}

function clientOf(t: Stage, limit: Limit, apps: Instance[], token: string): Client {
  return new Client(t, limit, {
    apps,
    from: newAddress(),
    token: limit === exports ? token : undefined,
    username: newAccount(),
    windowS: windowsS.get(limit) ?? 0,
  });
}

const atTheBoundary: Teaching = {
  because:
    'The count began anew, and forgot what had passed a moment before. A client that knows the boundary gets the end of one window and the beginning of the next: twice as much, in a moment.',
  lookAt: 'what does the store still know of the last window, just after a window has ended?',
};
const tooSoon: Teaching = {
  because:
    'Places came back before the requests that had taken them were a window old. A window that ends by the clock, slices of which the oldest is dropped too early, a count that fades from one window into the next, and a bucket that refills all the time do that.',
  lookAt: 'from what moment on does a request no longer count, and does the store know when it was?',
};
const neverRefused: Teaching = {
  because:
    'Not one of these was refused. Nobody counts these requests, or each instance counts alone, or the count began anew in between.',
  lookAt: 'where is the count of these requests kept, and which number does it end at?',
};
const staysOut: Teaching = {
  because:
    'Either refused requests count, too, and a client that goes on asking never gets out; or what has passed is counted for longer than the window that the variable says.',
  lookAt: 'what does a refused request change in the store, and where does the length of the window come from?',
};

/**
 * The worst moments for a window that starts anew, found by what the app answers: when it lets somebody pass again, a window
 * has begun, and it ends a window later.
 * One after the other: what happens at once is judged elsewhere.
 * @param n the attempt: on a busy machine the next one begins earlier.
 * @returns `kept`: the check was in time.
 */
async function attack(t: Stage, limit: Limit, apps: Instance[], token: string, n: number) {
  const client = clientOf(t, limit, apps, token);
  const { most, windowMs } = client.rule;
  await client.asks(most + 1);
  const boundary = await pollUntilPassed(client);
  if (!boundary) return { client, limit, kept: true }; // Too strict, which is judged.
  const next = { from: boundary.from + windowMs, to: boundary.to + windowMs };
  await until(next.from - Math.min(n * leadMs, windowMs / 2));
  await client.asks(most - 1);
  const kept = (client.tries.at(-1)?.arrivedAt ?? 0) < next.from;
  await until(next.to + 15);
  await client.asks(most);
  return { client, limit, kept };
}

/** Whoever lets one more pass before any place can have come back has no window yet that could slide. */
function mustCountAtAll(t: Stage, client: Client, { what }: Limit): void {
  const { most, windowMs } = client.rule;
  const first = mostInSpan(client.tries.slice(0, most + 1), windowMs / most);
  t.require(first.passed <= most, {
    step: `${what}, with a window of ${windowMs / 1_000} s: ${most + 1} one after the other`,
    expected: `at most ${most} that pass`,
    seen: `${first.passed} passed within ${seconds(first.withinMs)}`,
    because:
      'One more passes at once, before any window has ended. Nobody counts these requests, or each instance counts alone.',
    lookAt: 'where is the count of these requests kept, and which number does it end at?',
  });
}

/** On a slow machine an app that counts nothing gets as far as to be asked when its window begins. */
function unlessNeverRefused({ tries }: Client, teaching: Teaching): Teaching {
  return tries.every(({ passed }) => passed) ? neverRefused : teaching;
}

function inWords({ rule }: Client, { what, most }: Limit): string {
  return `${what}, with a window of ${rule.windowMs / 1_000} s: ${most}, and more until one passes; ${most - 1} just before that one is a window old, ${most} just after`;
}

/** Until one passes, or must have. Returns between which moments the app has begun to let it pass. */
async function pollUntilPassed(client: Client): Promise<{ from: number; to: number } | undefined> {
  const { windowMs } = client.rule;
  const overAt = Math.max(...client.tries.map(({ arrivedAt }) => arrivedAt)) + 1.15 * windowMs;
  for (;;) {
    await delay(pollEveryMs);
    const before = client.tries.at(-1)?.sentAt ?? 0;
    await client.ask();
    const last = client.tries.at(-1);
    if (last?.passed) return { from: before, to: last.arrivedAt };
    if (last && last.sentAt > overAt) return undefined;
  }
}

/** For a limiter whose windows end by the clock, one of three begins well before such an end. */
async function flood(client: Client, phase: number): Promise<Client> {
  const { most, windowMs } = client.rule;
  await delay((phase * windowMs) / 3);
  const end = performance.now() + 1.2 * windowMs;
  await client.asks(most + 1);
  while (performance.now() < end) {
    await delay(pollEveryMs);
    await client.ask();
  }
  return client;
}

function until(moment: number): Promise<void> {
  return delay(Math.max(0, moment - performance.now()));
}
