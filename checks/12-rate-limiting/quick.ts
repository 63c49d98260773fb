import {
  type Answer,
  disturbs,
  type Instance,
  lastAttempt,
  MachineWatch,
  type RedisHandle,
  type Stage,
} from '../harness/sdk/index.ts';
import { type Asked, read, send } from './each-route.ts';
import { together } from './together.ts';
import { inVain, isUnconnected, waits } from './without-redis.ts';

/** What the contract says, and a busy machine may take twice as long. */
const promisedMs = 500;
const answerWithinMs = 2 * promisedMs;
const limitMs = 1.1 * promisedMs;
const times = 5;
const timesWhenBusy = 15;
/** Of each instance. One after the other, they would wait for much longer than one of them may. */
const readsAtOnce = 16;

/** It can be asked again as somebody else. What others ask may be counted later, by a Redis that only hung. */
const isAnonymousRead = ({ method, token, from }: Asked) => method === 'GET' && !token && !from;

/** Without Redis: what the contract says, and within its half second. */
export async function mustBeQuick(t: Stage, redis: RedisHandle, app: Instance, asked: Asked): Promise<void> {
  const length = t.trail.length;
  const answer = await lastAttempt(
    async () => {
      t.trail.retell(length);
      return send(t, redis, app, asked);
    },
    ({ ms }) => ms <= answerWithinMs,
  );
  answer.mustBe(asked.status, inVain(answer, redis, asked.wasRefused));
  t.atMost(`${asked.method} ${asked.path} without Redis`, answer.ms, answerWithinMs, 'ms', waits(redis));
  if (answer.ms > promisedMs && isAnonymousRead(asked)) {
    const ms = await quickest(() => send(t, redis, app, asked));
    t.trail.retell(length);
    t.atMost(`GET ${asked.path} without Redis, the quickest of some`, ms, limitMs, 'ms', waits(redis));
  }
  t.trail.retell(length);
}

/** The same of many reads at once, each of somebody else: no one of them may wait for the others. */
export async function mustBeQuickTogether(t: Stage, redis: RedisHandle, apps: Instance[]): Promise<void> {
  const { length } = t.trail;
  const askAll = () =>
    together(apps.flatMap((app) => Array.from({ length: readsAtOnce }, () => send(t, redis, app, read))));
  const slowestOf = (answers: Answer[]) => Math.max(...answers.map(({ ms }) => ms));
  const answers = await lastAttempt(askAll, (all) => slowestOf(all) <= answerWithinMs);
  const step = `${readsAtOnce} × GET /events at once on each instance, each of another client`;
  for (const answer of answers) {
    t.trail.retell(length, step, String(answer.status));
    answer.mustBe(read.status, inVain(answer, redis));
  }
  t.trail.retell(length, step);
  const teaching = isUnconnected(redis) ? waits(redis) : waitInLine;
  t.atMost('GET /events without Redis, the slowest of many', slowestOf(answers), answerWithinMs, 'ms', teaching);
  t.trail.retell(length);
}

const waitInLine = {
  because:
    'By the contract each answer comes within half a second, also if many ask at once. Some of these waited for longer: for Redis, or for others that waited for Redis.',
  lookAt: 'does each request wait for its own reply, or for its turn as well?',
};

/** The shortest of some answers, in ms: what an app takes by itself, where the machine adds to one or the other. */
async function quickest(ask: () => Promise<Answer>): Promise<number> {
  const watch = new MachineWatch();
  let shortest = Number.POSITIVE_INFINITY;
  // On a busy machine many are held up, and not every one of so many.
  for (let n = 0; n < times || (n < timesWhenBusy && disturbs(watch.otherCoresBusy())); n++) {
    shortest = Math.min(shortest, (await ask()).ms);
    if (shortest <= limitMs) break;
  }
  return shortest;
}
