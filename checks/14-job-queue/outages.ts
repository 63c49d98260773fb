import { setTimeout as delay } from 'node:timers/promises';
import type {
  Answer,
  CheckDefinition,
  RedisHandle,
  RequestOptions,
  Stage,
  Teaching,
  Visitor,
} from '../harness/sdk/index.ts';
import { idIn, mustHaveOneEach, newOrder, type Placed, place, post, untilStatus } from './desk.ts';
import { eventually, soon, startInTurn } from './patience.ts';

const answerWithinMs = 2_000;
/** Longer than a client that tries ten or twenty times in quick succession goes on. */
const outageMs = 3_000;
const recoverWithinMs = 3_000;

const kept: Teaching = {
  because: 'The client was told 202, or asked again with its key until it was, and the order has no e-mail, or two.',
  lookAt: 'what has a request left behind that broke off half-way, and what does the next one with its key make of it?',
};

export function outageBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'redis-away',
    'without Redis an order is answered 503 within 2 s, and once it is back every order that was accepted is worked on',
    {
      because: 'Commands wait in the Redis client until Redis is back, and the customer waits with them.',
      lookAt: 'with which options is the Redis client of the server made, and what does the error handler answer?',
    },
    async (t) => {
      const [redis, smtp] = await Promise.all([t.startRedis(), t.startSmtp()]);
      const env = { REDIS_URL: redis.appUrl, SMTP_URL: smtp.url };
      const [app, worker] = await Promise.all([startInTurn(t, env), startInTurn(t, env, { worker: true })]);
      const visitor = t.visitor({ at: app });
      const first = await place(t, visitor, newOrder());
      await untilStatus(t, visitor, first, 'confirmed');
      const ids: string[] = [];
      ids.push(await mustSurvive(t, visitor, redis, first, 'stops'));
      ids.push(await mustSurvive(t, visitor, redis, first, 'hangs'));
      t.trail.begin('Redis stops, and later hangs; then it is back');
      await mustHaveOneEach(t, visitor, smtp, ids, kept);
      // From here on only the server loses Redis: a job that loses it in its middle may come twice.
      const env2 = { ...env, REDIS_URL: redis.directUrl };
      await Promise.all([worker.kill(), startInTurn(t, env2, { worker: true })]);
      const halves: string[] = [];
      for (let replies = 0; replies < 5; replies++) halves.push(await cutAfter(t, visitor, redis, replies));
      t.trail.begin(
        'Redis stops in the middle of an order, and the client asks again with its key until it is accepted',
      );
      await mustHaveOneEach(t, visitor, smtp, halves, kept);
    },
    { background: true, limitMs: 60_000 },
  );
}

/** @returns the order that was asked for again with its key once Redis was back. */
async function mustSurvive(
  t: Stage,
  visitor: Visitor,
  redis: RedisHandle,
  known: string,
  how: 'stops' | 'hangs',
): Promise<string> {
  const order = newOrder();
  const key = `away-${how}`;
  const beganAt = performance.now();
  if (how === 'stops') await redis.cut();
  else redis.pause();
  try {
    t.trail.begin(`Redis ${how}`);
    const ask = (send: (options: RequestOptions) => Promise<Answer>) =>
      soon(t, answerWithinMs, (deadlineMs) => send({ deadlineMs, unanswered: { because: silence[how] } }));
    const answers = await Promise.all([
      ask((options) => post(visitor, order, { key, ...options })),
      ask((options) => post(visitor, newOrder(), options)),
      ask((options) => visitor.get(`/orders/${known}`, options)),
    ]);
    for (const answer of answers) mustBe503(answer);
    t.trail.begin(`Redis ${how}`);
    mustBe503(await ask((options) => post(visitor, order, { key, ...options })));
    if (how === 'stops') await delay(Math.max(0, beganAt + outageMs - performance.now()));
  } finally {
    redis.resume();
    await redis.restore();
  }
  t.trail.begin(`Redis ${how}, and is back`);
  return againUntilAccepted(t, visitor, order, key);
}

function mustBe503(answer: Answer): void {
  answer.mustBe(503, {
    because:
      'An answer that is neither yes nor 503: the client can’t tell that it is Redis which is away, and that it will pass.',
    lookAt: 'what does the error handler answer to an error of Redis?',
  });
}

const silence = {
  stops: 'Commands wait in the Redis client until Redis is back, and the customer waits with them.',
  hangs: 'The connection to Redis is there, and nobody answers. Nothing in the app ends the wait.',
};

async function againUntilAccepted(t: Stage, visitor: Visitor, order: Placed, key: string): Promise<string> {
  const before = t.trail.length;
  let answer: Answer | undefined;
  await eventually(
    t,
    'POST /orders to be answered with something other than 503',
    async () => {
      t.trail.retell(before);
      answer = await post(visitor, order, { key });
      return answer.status !== 503;
    },
    {
      withinMs: recoverWithinMs,
      because:
        'Redis has been back for 3 s, and the app still can’t use it, or an order that broke off has left its key locked.',
      lookAt:
        'when does the client connect again, and what does a request find that comes with the key of one that broke off?',
    },
  );
  return idIn(t, answer as Answer, kept);
}

/** Redis does some of an order's commands, and then is gone. */
async function cutAfter(t: Stage, visitor: Visitor, redis: RedisHandle, replies: number): Promise<string> {
  const order = newOrder();
  const key = `half-${replies}`;
  t.trail.begin(`Redis answers ${replies} times, and then stops in the middle of an order`);
  redis.holdReplies();
  const asked = post(visitor, order, { key });
  asked.catch(() => {}); // Awaited below.
  let answered = false;
  asked.finally(() => (answered = true)).catch(() => {});
  const next = async () => {
    for (const until = performance.now() + 500; !answered && redis.heldBytes === 0 && performance.now() < until; )
      await delay(5);
  };
  await next();
  for (let n = 0; n < replies && !answered; n++) {
    redis.passReply();
    await next();
  }
  await redis.cut();
  let first: Answer;
  try {
    first = await asked;
  } finally {
    redis.resume();
    await redis.restore();
  }
  first.mustBe([202, 503], kept);
  const id = await againUntilAccepted(t, visitor, order, key);
  if (first.status === 202)
    t.require(first.json?.order === id, { expected: `order ${first.json?.order} again`, seen: id, ...kept });
  return id;
}
