import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type CheckDefinition, cacheDir, type Instance, type Stage } from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import { exports, failedLogins, newAddress, reads, tokenOf, untilCounting } from './limits.ts';
import { untilSure } from './sure.ts';

const longWindowS = 60;
const shortWindowS = 2;
const aheadMs = 30_000;
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

async function mustBeBounded(t: Stage, token: string): Promise<void> {
  await t.redis.clear();
  const options = { apps: [t.app(1), t.app(2)], from: newAddress(), windowS: longWindowS };
  const asked = { 'reads without a token': 60, 'failed logins': 12, exports: 12 };
  await new Client(t, reads, options).asks(60);
  await new Client(t, failedLogins, options).asks(12);
  await new Client(t, exports, { ...options, token }).asks(12);
  t.trail.begin(
    Object.entries(asked)
      .map(([what, n]) => `${n} ${what}`)
      .join(', '),
    'the keys in Redis:',
  );
  const keys = await t.redis.keys();
  t.require(keys.length > 0 && keys.length <= mostElements, {
    expected: `1 to ${mostElements} keys`,
    seen: String(keys.length),
    because: keys.length
      ? 'Each request leaves a key of its own.'
      : 'Nothing is in Redis, so each process counts for itself.',
    lookAt: 'what is the name of a key made of?',
  });
  for (const key of keys) {
    const [ttlMs, elements] = [await t.redis.ttlMs(key), await elementsOf(t, key)];
    t.require(ttlMs !== -1, { step: `PTTL ${key}`, expected: 'a time to live', seen: 'none' });
    t.require(ttlMs <= (2 * longWindowS + 1) * 1_000, {
      step: `PTTL ${key}`,
      expected: `at most ${2 * longWindowS} s, two windows`,
      seen: `${Math.round(ttlMs / 1_000)} s`,
    });
    t.require(elements <= mostElements, {
      step: `the size of ${key}`,
      expected: `at most ${mostElements} elements`,
      seen: String(elements),
      because:
        'Refused requests are kept, too. A bot at a thousand requests a second fills Redis with its own refusals.',
      lookAt: 'what is written for a request that is refused?',
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
        for (const order of [apps, apps.toReversed()]) {
          await untilSure(t, async () => {
            const turns = order.flatMap((app) => Array<Instance>(6).fill(app));
            const client = new Client(t, reads, { apps: turns, from: newAddress(), windowS: shortWindowS });
            await client.asks(12);
            await delay(1.15 * shortWindowS * 1_000);
            await client.asks(12);
            const step = `6 reads on each of two instances with a window of ${shortWindowS} s, and the same ${1.15 * shortWindowS} s later`;
            return client.mustBeLimited(step, { tooMany, tooFew });
          });
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    { further: true, limitMs: 45_000 },
  );
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
  const env = { WINDOW_S: String(shortWindowS) };
  const apps = await Promise.all([t.startExtra({ env }), t.startExtra({ env, under: ['sh', '-c', script, 'sh'] })]);
  await untilCounting(t, ...apps);
  return apps;
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
    },
    { further: true },
  );
}

async function mustSayWhatIsLeft(t: Stage): Promise<void> {
  const client = new Client(t, reads, { apps: [t.app(1), t.app(2)], from: newAddress(), windowS: longWindowS });
  const answers = await client.asks(reads.most + 2);
  const { most, atLeast } = reads;
  for (const [index, { headers, status }] of answers.entries()) {
    const mostLeft = Math.max(0, most - index - 1);
    const leastLeft = Math.max(0, mostLeft - (most - atLeast));
    const limit = headers['ratelimit-limit'];
    const left = headers['ratelimit-remaining'];
    const isRight = left !== undefined && /^\d+$/.test(left) && Number(left) <= mostLeft && Number(left) >= leastLeft;
    t.require(limit === String(most) && isRight, {
      step: { what: `read number ${index + 1} of a client`, answer: String(status) },
      expected: `RateLimit-Limit: ${most} and RateLimit-Remaining: ${mostLeft}`,
      seen: `RateLimit-Limit: ${limit ?? 'none'} and RateLimit-Remaining: ${left ?? 'none'}`,
    });
  }
}
