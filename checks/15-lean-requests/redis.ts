import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { ask, jsonType, mustBe, type Question, type Reply, seen } from './ask.ts';
import { cookieOf } from './routes.ts';

/** How long a command may be on its way that nobody waits for. */
const lateMs = 300;

type Row = [method: string, path: string, status?: number, question?: Question];

const order = '{"show":"1","seats":1}';
/** Every route that has no use for a session, also where it refuses. How it refuses, other behaviours judge. */
const withoutSession: Row[] = [
  ['GET', '/health', 200],
  ['GET', '/shows', 200],
  ['GET', '/shows?city=Oslo', 200],
  ['GET', '/shows?city=Oslo&city=Berlin'],
  ['GET', '/shows/7', 200],
  ['GET', '/shows/none', 404],
  ['GET', '/search?q=late', 200],
  ['GET', '/search'],
  ['GET', '/poster', 200],
  ['POST', '/orders', 201, { body: order }],
  ['POST', '/orders', undefined, { body: { seats: 1 } }],
  ['POST', '/orders', undefined, { body: order.padStart(20_000), what: 'with a body of 20,000 bytes' }],
  ['POST', '/orders', undefined, { body: order, headers: { 'content-type': 'text/plain' }, what: 'as text/plain' }],
  ['POST', '/orders', undefined, { body: '{"show":', what: 'with a body that is no JSON' }],
  ['POST', '/orders', 404, { body: { show: 'none', seats: 1 } }],
  ['GET', '/shows/%ZZ'],
  ['HEAD', '/shows'],
  ['GET', '/visitors'],
  ['PUT', '/visitors', undefined, { body: { name: 'Ada' } }],
  ['OPTIONS', '/visitors'],
  ['POST', '/me'],
  ['GET', '/me/basket'],
  ['GET', '/nowhere', 404],
  ['DELETE', '/shows'],
];
/** What makes no visitor. */
const noVisitors: Question[] = [
  { body: { name: 5 }, what: 'with a name that is a number' },
  { body: '{', what: 'with a body that is no JSON' },
  { body: '{"name":"Ada"}', headers: { 'content-type': 'text/plain' }, what: 'as text/plain' },
  { body: '{"name":"Ada"}'.padStart(20_000), what: 'with a body of 20,000 bytes' },
];

export function redisBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'redis',
    'only /me and a new visitor ask Redis',
    {
      because:
        'This request has no use for a session, and asks Redis for one. It costs a round trip, and when Redis is away, even the programme is.',
      lookAt: 'which middleware is in front of this route, and which route needs what it does?',
    },
    async (t) => {
      const app = t.app();
      const visitor = await ask(t, app, 'POST', '/visitors', { body: { name: 'Ada' } });
      mustBe(t, visitor, 201);
      const cookie = cookieOf(visitor);
      mustBe(t, await ask(t, app, 'GET', '/me', { headers: { cookie } }), 200);
      // What Redis replies to the app is held from here on, and counted: a request that asks it nothing is answered all the same.
      t.redis.holdReplies();
      try {
        const asks = withoutSession.flatMap((row) => [cookie, undefined].map((from) => ({ row, from })));
        for (const [n, { row, from }] of asks.entries()) {
          const asked = askFrom(t, app, row, from);
          if (await asksRedis(t, asked)) await findAsker(t, app, asked, asks.slice(0, n + 1));
          const reply = await asked;
          const [, , status] = row;
          if (status) mustBe(t, reply, status);
        }
        if (await repliesWithin(t, lateMs)) await findAsker(t, app, undefined, asks);
        await noVisitorAsksRedis(t, app, cookie);
      } finally {
        t.redis.resume();
      }
      t.trail.begin('Redis replies again');
      mustBe(t, await ask(t, app, 'GET', '/me', { headers: { cookie } }), 200);
      await t.redis.clear();
      t.step('the session is deleted in Redis');
      const gone = await ask(t, app, 'GET', '/me', { headers: { cookie } });
      t.require(gone.status === 401, {
        expected: '401',
        seen: seen(gone),
        because: 'The session has ended, and this process has not noticed. Whoever was logged out stays in.',
        lookAt: 'what does /me take for the session, if it does not ask Redis?',
      });
    },
  );
}

interface Asked {
  row: Row;
  from: string | undefined;
}

/**
 * Redis has replied while the last of these was asked. If that one waits for the reply, it is the one. An app need not wait: then
 * it may also have been the one before, or something that was under way, and each is asked once more by itself.
 */
async function findAsker(t: Stage, app: Instance, asked: Promise<Reply> | undefined, asks: Asked[]): Promise<void> {
  const isAsker = {
    expected: 'no Redis command',
    seen: 'one at least: Redis has replied to something',
  };
  const waits = asked && (await Promise.race([asked.then(() => false), delay(lateMs, true)]));
  t.require(!waits, isAsker);
  for (const { row, from } of asks.slice(-2)) {
    t.redis.resume();
    // What is under way may end: nothing tells when nothing more comes.
    await delay(lateMs);
    t.redis.holdReplies();
    const again = askFrom(t, app, row, from);
    t.require(!((await asksRedis(t, again)) || (await repliesWithin(t, lateMs))), isAsker);
  }
}

async function repliesWithin(t: Stage, ms: number): Promise<boolean> {
  for (const until = performance.now() + ms; performance.now() < until; await delay(10))
    if (t.redis.heldBytes > 0) return true;
  return t.redis.heldBytes > 0;
}

async function noVisitorAsksRedis(t: Stage, app: Instance, cookie: string): Promise<void> {
  for (const question of noVisitors)
    for (const from of [cookie, undefined]) {
      const asked = askFrom(t, app, ['POST', '/visitors', undefined, question], from);
      if (!(await asksRedis(t, asked))) continue;
      t.redis.resume();
      const { status } = await asked;
      // It was taken for good, and a visitor is kept in Redis. That it was taken, other behaviours judge.
      if (status >= 200 && status < 300) return;
      t.require(false, {
        expected: 'no Redis command for a visitor who is refused',
        seen: `${status || 'no answer'}, and one at least: Redis has replied to something`,
        because:
          'No visitor comes of this request, and the app has asked Redis before it knew that. So everybody can make Redis work with requests that are refused.',
        lookAt: 'what comes first on this route: the look at the body, or Redis?',
      });
    }
}

function askFrom(t: Stage, app: Instance, [method, path, , question]: Row, cookie?: string): Promise<Reply> {
  const what = question?.what ? ` ${question.what},` : '';
  t.trail.begin(`${method} ${path}${what} ${cookie ? 'with the cookie of a visitor' : 'without a cookie'}`);
  const headers: Record<string, string> = question ? { ...jsonType, ...question.headers } : {};
  if (cookie) headers.cookie = cookie;
  return ask(t, app, method, path, { ...question, headers });
}

/** While Redis' replies are held: true as soon as there is one, false when the request is answered without. */
async function asksRedis(t: Stage, asked: Promise<Reply>): Promise<boolean> {
  const answered = asked.then(() => true);
  // Whoever gives no answer is given up by `ask`.
  while (t.redis.heldBytes === 0 && !(await Promise.race([answered, delay(5)])));
  return t.redis.heldBytes > 0;
}
