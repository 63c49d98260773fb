import type { RedisHandle, SmtpHandle, Stage, Teaching, Visitor } from '../harness/sdk/index.ts';
import { idIn, newOrder, offersOf, post } from './desk.ts';
import { eventually, watchForSlowness } from './patience.ts';

const recoverWithinMs = 3_000;
/** An app that has answered so many requests at once, and for so long beyond its time, gets its share of the machine. */
const quickMs = 200;
const quickOnes = 20;
const quickForMs = 2_000;

export const kept: Teaching = {
  because: 'Redis was away for a while and is back. An order that was accepted afterwards has no e-mail, or two.',
  lookAt: 'does the worker still work when it has lost Redis and has it again?',
};

/** Why the app can't go on, if Redis knows it. */
export type WhyNot = () => Promise<Partial<Teaching>>;

/** From now on: a right app is told so, too, and then sends the script itself. So only whoever fails asks. */
export async function watchScripts(redis: RedisHandle): Promise<WhyNot> {
  const before = await redis.unknownScripts();
  return async () => ((await redis.unknownScripts()) > before ? scriptsAreGone : {});
}

const scriptsAreGone: Teaching = {
  because:
    'Redis was restarted. It has its data and no longer knows the app’s scripts: it says NOSCRIPT, and nobody loads them again.',
  lookAt: 'who loads a script that Redis has forgotten?',
};

/**
 * Redis is back at this moment: the server must soon take an order, and the worker send its e-mail.
 * @returns the order.
 */
export async function mustGoOn(t: Stage, smtp: SmtpHandle, visitor: Visitor, whyNot: WhyNot): Promise<string> {
  const backAt = performance.now();
  const isSlow = watchForSlowness(t);
  const id = await untilAccepted(t, visitor, whyNot);
  const dueAt = Math.max(backAt + recoverWithinMs, performance.now() + 1_000);
  let why: Partial<Teaching> = {};
  const offer = async () => {
    const [email] = offersOf(smtp, id);
    if (!email) why = await whyNot();
    return email;
  };
  const late = () => why;
  const email = await eventually(t, 'its e-mail at the SMTP server', offer, { ...workerStays, late });
  t.require(email.atMs <= dueAt || isSlow(), {
    expected: `its e-mail at the SMTP server within ${recoverWithinMs / 1_000} s of the return`,
    seen: `it came after ${((email.atMs - backAt) / 1_000).toFixed(1)} s`,
    ...workerStays,
  });
  return id;
}

const workerStays: Teaching = {
  because: 'Redis is back and takes orders. The worker has not noticed, so nobody sends their e-mails.',
  lookAt: 'how long does the worker wait before it looks for Redis again?',
};

const isOther: Teaching = {
  because: 'Redis was away for a while and is back, and an order is not answered as before.',
  lookAt: 'what does the server keep from before the outage: a connection, a script, a promise?',
};

async function untilAccepted(t: Stage, visitor: Visitor, whyNot: WhyNot): Promise<string> {
  const before = t.trail.length;
  const dueAt = performance.now() + recoverWithinMs;
  let quick = 0;
  const answer = await eventually(
    t,
    'POST /orders to be answered with something other than 503',
    async () => {
      t.trail.retell(before);
      const askedAt = performance.now();
      const answer = await post(visitor, newOrder());
      if (askedAt > dueAt && performance.now() - askedAt < quickMs) quick++;
      return answer.status !== 503 && answer;
    },
    {
      withinMs: recoverWithinMs,
      because: 'Redis has been back for 3 s, and the app still can’t use it, or does not try.',
      lookAt: 'when does the client connect again, and does anything answer 503 without asking Redis?',
      isCertain: () => quick >= quickOnes && performance.now() > dueAt + quickForMs,
    },
  );
  return idIn(t, answer, answer.status === 202 ? {} : { ...isOther, ...(await whyNot()) });
}
