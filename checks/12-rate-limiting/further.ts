import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import { inWindowOf, type Try } from './history.ts';
import { exports, failedLogins, newAddress, reads, tokenOf, untilCounting } from './limits.ts';
import { newUser } from './new-users.ts';
import { untilSure } from './sure.ts';

/** By the table, for who sets nothing. */
const longWindowS = 60;
const exportWindowS = 3_600;
/** So long that some have left it, and what an app remembers of their client is still kept for a later one. */
const shortWindowS = 2;
const someLaterMs = 1_500;
const othersLaterMs = 2_400;
/** Ten times, and some for a counter in slices. */
const mostElements = 32;
const longestKeyBytes = 4_096;

export function healthBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'health',
    '/health is never limited, and needs no Redis',
    {
      because:
        'The balancer asks every second, from one address. An instance that refuses it is taken out, although it is well.',
      lookAt: 'which routes does a limiter cover?',
    },
    async (t) => {
      const ask = async (app: Instance) =>
        (await t.visitor({ at: app }).get('/health', { headers: { 'x-forwarded-for': '203.0.113.1' } })).mustBe(200);
      for (const app of [t.app(1), t.app(2)]) for (let n = 0; n < 15; n++) await ask(app);
      t.trail.begin('Redis hangs: it takes connections and answers nothing');
      t.redis.pause();
      for (const app of [t.app(1), t.app(2)]) await ask(app);
      t.trail.begin('Redis stops');
      await t.redis.cut();
      for (const app of [t.app(1), t.app(2)]) await ask(app);
    },
    { further: true },
  );
}

export function memoryBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'memory',
    'what Redis keeps of a client is bounded, and every key ends',
    {
      because: 'A key that never ends stays for each address that has ever asked, until the memory of Redis is full.',
      lookAt: 'which command gives a key its expiry, and is there a way past it?',
    },
    async (t) => {
      await untilCounting(t, t.app(1), t.app(2));
      const token = await tokenOf(t, 'grace');
      await untilSure(t, () => mustBeBounded(t, token));
    },
    { further: true },
  );
}

/** Each limit on its own: their windows differ. */
async function mustBeBounded(t: Stage, token: string): Promise<void> {
  const options = { apps: [t.app(1), t.app(2)], from: newAddress(), windowS: longWindowS };
  const accounts = 40;
  const guessed = (n: number) => `nobody-${n}`;
  const logIn = async () => {
    for (let n = 0; n < 8; n++) await tokenOf(t, 'linus', t.app(1 + (n % 2)), options.from);
  };
  for (const { what, windowS, clients = 1, leastKeys = 1, ask } of [
    { what: '60 reads', windowS: longWindowS, ask: () => new Client(t, reads, options).asks(60) },
    { what: '12 failed logins', windowS: longWindowS, ask: () => new Client(t, failedLogins, options).asks(12) },
    {
      what: `a failed login for each of ${accounts} accounts, from one address`,
      windowS: longWindowS,
      clients: accounts,
      ask: () => new Client(t, failedLogins, { ...options, username: guessed }).asks(accounts, { atOnce: true }),
    },
    { what: '12 exports', windowS: exportWindowS, ask: () => new Client(t, exports, { ...options, token }).asks(12) },
    // The last: an app may take back a login after its answer.
    { what: '8 logins that succeed', windowS: longWindowS, leastKeys: 0, ask: logIn },
  ]) {
    await t.redis.clear();
    await ask();
    t.trail.begin(what, 'the keys in Redis:');
    await mustKeepLittle(t, windowS, { leastKeys, mostKeys: clients * mostElements });
  }
}

interface Bounds {
  leastKeys: number;
  mostKeys: number;
}

async function mustKeepLittle(t: Stage, windowS: number, { leastKeys, mostKeys }: Bounds): Promise<void> {
  const keys = await t.redis.keys();
  t.require(keys.length >= leastKeys && keys.length <= mostKeys, {
    expected: `${leastKeys} to ${mostKeys} keys`,
    seen: String(keys.length),
    because: keys.length
      ? 'Each request leaves a key of its own.'
      : 'Nothing is in Redis, so each process counts for itself.',
    lookAt: 'what is the name of a key made of?',
  });
  for (const key of keys) {
    const [ttlMs, elements] = [await t.redis.ttlMs(key), await elementsOf(t, key)];
    t.require(ttlMs !== -1, { step: `PTTL ${key}`, expected: 'a time to live', seen: 'none' });
    t.require(ttlMs <= (2 * windowS + 1) * 1_000, {
      step: `PTTL ${key}`,
      expected: `at most ${2 * windowS} s, two windows`,
      seen: `${Math.round(ttlMs / 1_000)} s`,
    });
    t.require(elements <= mostElements, {
      step: `the size of ${key}`,
      expected: `at most ${mostElements} elements`,
      seen: String(elements),
      because:
        'Refused requests are kept, too, or one key is for many. A bot makes it longer with every request, and all of it is read for each decision.',
      lookAt: 'what is written for a request that is refused, and which requests share a key?',
    });
  }
}

async function elementsOf(t: Stage, key: string): Promise<number> {
  const { client } = t.redis;
  const type = await client.type(key);
  if (type === 'list') return client.llen(key);
  if (type === 'zset') return client.zcard(key);
  if (type === 'hash') return client.hlen(key);
  if (type === 'set') return client.scard(key);
  if (type === 'stream') return client.xlen(key);
  return (await client.strlen(key)) > longestKeyBytes ? Number.POSITIVE_INFINITY : 1;
}

export function headersBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'headers',
    'each read says how many more would pass',
    {
      because: 'A client that is not told what it has left learns of the limit by running into it.',
      lookAt: 'which headers does an answer have that has passed, and of which limit?',
    },
    async (t) => {
      await untilCounting(t, t.app(1), t.app(2)); // They have just been started.
      await untilSure(t, () => mustSayWhatIsLeft(t));
      await untilSure(t, async () => {
        const { token } = await newUser(t, 'grace');
        await t.redis.clear();
        await mustSayWhatIsLeft(t, token);
      });
      const app = await t.startExtra({ env: { WINDOW_S: String(shortWindowS) } });
      await untilCounting(t, app);
      await untilSure(t, () => mustSlideWithTheWindow(t, app));
    },
    { further: true },
  );
}

async function mustSayWhatIsLeft(t: Stage, token?: string): Promise<void> {
  const client = new Client(t, reads, { apps: [t.app(1), t.app(2)], from: newAddress(), token, windowS: longWindowS });
  const answers = await client.asks(reads.most + 2);
  const { most, atLeast } = reads;
  for (const [index, { headers, status }] of answers.entries()) {
    const mostLeft = Math.max(0, most - index - 1);
    const leastLeft = Math.max(0, mostLeft - (most - atLeast));
    const limit = headers['ratelimit-limit'];
    const left = headers['ratelimit-remaining'];
    const isRight = left !== undefined && /^\d+$/.test(left) && Number(left) <= mostLeft && Number(left) >= leastLeft;
    t.require(limit === String(most) && isRight, {
      step: { what: `read number ${index + 1} of a ${token ? 'user' : 'client'}`, answer: String(status) },
      expected: `RateLimit-Limit: ${most} and RateLimit-Remaining: ${mostLeft}`,
      seen: `RateLimit-Limit: ${limit ?? 'none'} and RateLimit-Remaining: ${left ?? 'none'}`,
    });
  }
}

/**
 * Some leave the window, and their client has not stopped reading for as long.
 * @returns whether the machine was in time.
 */
async function mustSlideWithTheWindow(t: Stage, app: Instance): Promise<boolean> {
  const windowMs = shortWindowS * 1_000;
  const client = new Client(t, reads, { apps: [app], from: newAddress(), windowS: shortWindowS });
  await client.asks(5);
  const startedAt = client.tries.at(-1)?.arrivedAt ?? 0;
  const until = (laterMs: number) => delay(Math.max(0, startedAt + laterMs - performance.now()));
  await until(someLaterMs);
  await client.ask();
  await until(othersLaterMs);
  const { headers, status } = await client.ask();
  const [between, last] = client.tries.slice(-2) as [Try, Try];
  const counted = inWindowOf(last, client.tries, windowMs);
  const [leastLeft, mostLeft] = [reads.atLeast - counted.most, reads.most - counted.least];
  const left = headers['ratelimit-remaining'];
  t.require(Number(left) >= leastLeft && Number(left) <= mostLeft, {
    step: {
      what: `5 reads with a window of ${shortWindowS} s, one after ${someLaterMs / 1_000} s, and one after ${othersLaterMs / 1_000} s`,
      answer: String(status),
    },
    expected: `RateLimit-Remaining: ${mostLeft}`,
    seen: `RateLimit-Remaining: ${left ?? 'none'}`,
    because:
      'What would pass now is ten, less what has passed in the last window. Here something else is subtracted, such as reads that have left the window.',
    lookAt: 'what is the number in this header made of, and who takes out of it what is older than a window?',
  });
  return counted.least === 2 && between.arrivedAt - startedAt < windowMs;
}
