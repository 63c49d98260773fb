import { setTimeout as delay } from 'node:timers/promises';
import type {
  Answer,
  CheckDefinition,
  RedisHandle,
  RequestOptions,
  SmtpHandle,
  Stage,
  Teaching,
  Visitor,
} from '../harness/sdk/index.ts';
import { mustHaveOneEach, newOrder, offersOf, place, post, untilStatus } from './desk.ts';
import { eventually, soon, startInTurn } from './patience.ts';
import { kept, mustGoOn, watchScripts } from './recovery.ts';
import { placeRefused, refuseByName } from './refused.ts';
import { newKey } from './repeats.ts';

const answerWithinMs = 2_000;
/** Longer than a client that tries ten or twenty times in quick succession goes on. */
const outageMs = 4_000;
/** Longer than the outage: a job that nobody has finished is not taken over because its lock has expired meanwhile. */
const lockMs = 10_000;
/** It may be taken over all the same. */
const notedWithinMs = lockMs + 2_000 + 1_000;

const neverNoted: Teaching = {
  because:
    'The SMTP server took the e-mail while Redis was away, so the worker could not note it. Now Redis is back, and the order is pending for ever.',
  lookAt: 'what does the worker do when an e-mail is sent, and it can’t write that down?',
};

const lostInOutage: Teaching = {
  because:
    'An order was accepted, and waited for its next attempt when Redis went away. Now that it is back, nobody goes on.',
  lookAt: 'does the worker still work when it has lost Redis and has it again?',
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
      const env = { REDIS_URL: redis.appUrl, SMTP_URL: smtp.url, BACKOFF_MS: '1000', JOB_LOCK_MS: String(lockMs) };
      const [app] = await Promise.all([startInTurn(t, env), startInTurn(t, env, { worker: true })]);
      const visitor = t.visitor({ at: app });
      const desk = { env, redis, smtp, visitor };
      const first = await place(t, visitor, newOrder());
      await untilStatus(t, visitor, first, 'confirmed');
      // It waits for its second attempt when Redis goes away.
      refuseByName(smtp, { untilAttempt: 2 });
      const [waiting] = await placeRefused(t, visitor, ['451']);
      await eventually(t, 'its first attempt', () => smtp.refused.length > 0);
      // Its e-mail is taken while Redis is away, so nobody can note it.
      const unnoted = newOrder({ email: 'unnoted@example.org' });
      smtp.hold(({ to }) => to.includes(unnoted.email));
      const held = await place(t, visitor, unnoted);
      await eventually(t, 'its e-mail to reach the SMTP server', () => offersOf(smtp, held).length > 0);
      const ids = await mustSurvive(t, desk, first, 'stops');
      ids.push(...(await mustSurvive(t, desk, first, 'hangs')));
      t.trail.begin('Redis stops, and later hangs; then it is back');
      await untilStatus(t, visitor, held, 'confirmed', { withinMs: notedWithinMs, ...neverNoted });
      if (waiting) await untilStatus(t, visitor, waiting.id, 'confirmed', lostInOutage);
      await mustHaveOneEach(t, visitor, smtp, ids, kept);
    },
    { background: true, limitMs: 60_000 },
  );
}

interface Desk {
  env: Record<string, string>;
  redis: RedisHandle;
  smtp: SmtpHandle;
  visitor: Visitor;
}

/** @returns the orders that were accepted once Redis was back. */
async function mustSurvive(
  t: Stage,
  { env, redis, smtp, visitor }: Desk,
  known: string,
  how: 'stops' | 'hangs',
): Promise<string[]> {
  const beganAt = performance.now();
  let fresh: Visitor | undefined;
  const whyNot = await watchScripts(redis);
  if (how === 'stops') await redis.cut();
  else redis.pause();
  try {
    t.trail.begin(`Redis ${how}`);
    const ask = asking(t, silence[how]);
    const answers = await Promise.all([
      ask((options) => post(visitor, newOrder(), options)),
      ask((options) => post(visitor, newOrder(), { key: newKey(), ...options })),
      ask((options) => visitor.get(`/orders/${known}`, options)),
    ]);
    for (const answer of answers) mustBe503(answer);
    smtp.release();
    if (how === 'stops') {
      fresh = await mustRefuseAtOnce(t, env, known);
      await delay(Math.max(0, beganAt + outageMs - performance.now()));
      t.trail.begin(`Redis has stopped ${outageMs / 1_000} s ago`);
      mustBe503(await ask((options) => post(visitor, newOrder(), options)));
      mustBe503(await ask((options) => visitor.get(`/orders/${known}`, options)));
    }
    // A Redis that was restarted has its data, and no scripts.
    if (how === 'stops') await redis.forgetScripts();
  } finally {
    redis.resume();
    await redis.restore();
  }
  t.trail.begin(`Redis ${how}, and is back${how === 'stops' ? ', without its scripts' : ''}`);
  const ids = [await mustGoOn(t, smtp, visitor, whyNot)];
  // What was started meanwhile has never seen Redis.
  if (fresh) ids.push(await mustGoOn(t, smtp, fresh, whyNot));
  return ids;
}

const asking = (t: Stage, because: string) => (send: (options: RequestOptions) => Promise<Answer>) =>
  soon(t, answerWithinMs, (deadlineMs) => send({ deadlineMs, unanswered: { because } }));

/** A deploy need not wait until Redis is back. */
async function mustRefuseAtOnce(t: Stage, env: Record<string, string>, known: string): Promise<Visitor> {
  t.trail.begin('Redis has stopped, and an instance is started');
  const fresh = t.visitor({ at: await t.startExtra({ env }) });
  const ask = asking(t, silence.fresh);
  mustBe503(await ask((options) => post(fresh, newOrder(), options)));
  mustBe503(await ask((options) => fresh.get(`/orders/${known}`, options)));
  return fresh;
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
  fresh:
    'The app was started without Redis. Something in it waits until Redis is there for the first time, and the customer waits with it.',
  hangs:
    'The connection to Redis is there, and nobody answers. Nothing in the app ends the wait in time. A limit for each command is none for the request: a second try, or a second command, waits as long again.',
};
