import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import type { Try } from './history.ts';
import { exports, failedLogins, type Limit, newAccount, newAddress, reads, tokenOf, untilCounting } from './limits.ts';
import { newUser } from './new-users.ts';
import { failSurely, isLate, untilSure } from './sure.ts';
import { together } from './together.ts';

const shortWindowS = 3;
/** Of the window. Then 1.29 s are left of 3 s: rounded to a whole second that is 1, and only rounded up it is 2. */
const refusedAt = 0.57;
const leftMs = { least: 1_020, most: 1_450 };
/**
 * Of the window. Then the place of the last one becomes free in 2.64 s or more: rounded up, that is another second. And when the client
 * has come again, as it was told, the others still count for a moment.
 */
const othersAt = 0.45;
/** A login that succeeds, so long before the first that fails: what is left of it in the store must not be taken for the oldest. */
const loggedInBeforeMs = 500;
/** setTimeout may be a millisecond early. */
const slackMs = 20;

export function retryAfterBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'retry-after',
    'Retry-After is true: who comes then passes, and a second earlier would have been too early',
    {
      because: 'The client did as it was told, and was refused again. Retry-After promised too much.',
      lookAt: 'when does the first place become free, and how are its milliseconds made seconds?',
    },
    async (t) => {
      const redis = await t.startRedis();
      const windowS = String(shortWindowS);
      const env = { REDIS_URL: redis.appUrl, WINDOW_S: windowS, LOGIN_WINDOW_S: windowS, EXPORT_WINDOW_S: windowS };
      const app = await t.startExtra({ env });
      await untilCounting(t, app);
      const shown = new Set<Limit>();
      await untilSure(t, async () => {
        const { token } = await newUser(t, 'ada', app);
        await redis.clear();
        const left = [reads, failedLogins, exports].filter((limit) => !shown.has(limit));
        const asking = left.map(async (limit) => {
          const username = limit === failedLogins ? 'grace' : newAccount();
          const options = { apps: [app], from: newAddress(), username, windowS: shortWindowS };
          if (limit === failedLogins) {
            await tokenOf(t, 'grace', app, options.from);
            await delay(loggedInBeforeMs);
          }
          const client = new Client(t, limit, { ...options, token: limit === exports ? token : undefined });
          if (await mustComeTrue(t, client, limit)) shown.add(limit);
        });
        await together(asking);
        return left.every((limit) => shown.has(limit));
      });
    },
    { background: true, limitMs: 60_000 },
  );
}

/**
 * Half of the places are taken at first, the others later, and then one is refused.
 * @returns whether it was refused at a moment that tells roundings apart.
 */
async function mustComeTrue(t: Stage, client: Client, limit: Limit): Promise<boolean> {
  const { what } = limit;
  const { most, windowMs } = client.rule;
  const othersAfter = `${((othersAt * windowMs) / 1_000).toFixed(2)} s`;
  const startedAt = performance.now();
  const at = (share: number) => delay(Math.max(0, startedAt + share * windowMs - performance.now()));
  await client.asks(Math.ceil(most / 2));
  await at(othersAt);
  const [other] = await client.asks(Math.floor(most / 2));
  await at(refusedAt);
  const first = client.tries[0] as Try;
  let refused = await client.ask();
  // Refused ones don't count, so there is time for another one on a busy machine.
  for (let n = 0; n < 4 && refused.status === 429 && leftOf(first, refused, windowMs).most > leftMs.most; n++)
    refused = await client.ask();
  if (refused.status !== 429) {
    // A machine so busy that the window was over by then.
    t.trail.begin(); // Others ask beside it.
    t.require(refused.arrivedAt - first.sentAt >= windowMs, {
      step: `${most} ${what} within ${othersAfter}, and one more`,
      expected: '429',
      seen: String(refused.status),
      ...onePasses,
    });
    return false;
  }
  const left = leftOf(first, refused, windowMs);
  const isInTime = left.least > leftMs.least && left.most < leftMs.most;
  const before = limit === failedLogins ? `, ${loggedInBeforeMs / 1_000} s after a login that succeeded` : '';
  const inWords = `${what}${before}, with a window of ${windowMs / 1_000} s: half of them now, the others ${othersAfter} later, and one more ${((refusedAt * windowMs) / 1_000).toFixed(1)} s after the first`;
  await mustPassThen(t, client, limit, { refused, oldest: first, inWords });
  // The first ones are over, and the places are given once more. The oldest that counts is none of the first any more.
  let again: Answer | undefined;
  for (let n = 0; n < most && again?.status !== 429; n++) again = await client.ask();
  if (!other || !again || leftOf(other, again, windowMs).least <= 0) return false;
  const later = `${inWords}; the client comes again when it may, takes the places that are free, and asks for one more`;
  t.require(again.status === 429, { step: later, expected: '429', seen: String(again.status), ...onePasses });
  await mustPassThen(t, client, limit, { refused: again, oldest: other, inWords: later });
  return isInTime;
}

const onePasses = {
  because: 'The limit is reached, and one more passes.',
  lookAt: 'where is the count kept, and for how long?',
};

interface Refused {
  refused: Answer;
  /** Whose place becomes free first. */
  oldest: Pick<Try, 'sentAt' | 'arrivedAt'>;
  inWords: string;
}

/** Waits as long as it says. */
async function mustPassThen(t: Stage, client: Client, limit: Limit, { refused, oldest, inWords }: Refused) {
  const { windowMs } = client.rule;
  const retryAfterS = retryAfterOf(t, refused);
  // For an app that approximates the window is a tenth longer.
  const mostS = Math.max(1, Math.ceil((leftOf(oldest, refused, windowMs).most + 0.1 * windowMs) / 1_000));
  const step = { what: inWords, answer: `429, Retry-After: ${retryAfterS}` };
  surelyIfCounted(
    client,
    limit,
  )(() =>
    t.require(retryAfterS <= mostS, {
      step,
      expected: `Retry-After: ${mostS} at most`,
      seen: String(retryAfterS),
      because:
        'A place becomes free when the oldest request leaves the window. The client is sent away for longer, as if nothing had been free before.',
      lookAt: 'of which request does Retry-After count the seconds, and from when on?',
    }),
  );
  await delay(Math.max(0, refused.arrivedAt + retryAfterS * 1_000 + slackMs - performance.now()));
  const next = await client.ask();
  // Only a count refuses. And whatever was sent before the refused one was counted before it.
  failSurely(() =>
    t.require(next.status !== 429, {
      step,
      expected: `a request that passes ${retryAfterS} s later`,
      seen: '429',
    }),
  );
}

/** A read that came late may have passed uncounted, and then it is another place that becomes free first. */
export function surelyIfCounted({ tries }: Client, limit: Limit): (fail: () => void) => void {
  const hasLate = tries.some(({ sentAt, arrivedAt }) => isLate({ ms: arrivedAt - sentAt }));
  return limit === reads && hasLate ? (fail) => fail() : failSurely;
}

/** Between which milliseconds the first one leaves the window, from when the other was refused on. */
export function leftOf(
  first: Pick<Try, 'sentAt' | 'arrivedAt'>,
  refused: Answer,
  windowMs: number,
): { least: number; most: number } {
  return {
    least: windowMs - (refused.arrivedAt - first.sentAt),
    most: windowMs - (refused.sentAt - first.arrivedAt),
  };
}

export function retryAfterOf(t: Stage, refused: Answer): number {
  const said = refused.headers['retry-after'];
  failSurely(() =>
    t.require(/^[1-9]\d*$/.test(said ?? ''), {
      expected: 'Retry-After: whole seconds, at least 1',
      seen: said === undefined ? 'no Retry-After' : `Retry-After: ${said}`,
      because: 'Without a time to come again the client tries at once, and with 0 it was told to.',
      lookAt: 'which headers does a 429 have, and how are the milliseconds made seconds?',
    }),
  );
  return Number(said);
}
