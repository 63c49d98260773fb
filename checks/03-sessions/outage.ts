import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CheckDefinition, Instance, RedisHandle, Stage, Teaching, Visitor } from '../harness/sdk/index.ts';
import { mustEndWithoutRedis } from './end-without-redis.ts';
import { hanging, type OutageKind, stopping, stoppingAtOnce } from './outage-kinds.ts';
import { ada, grace, logIn, mustRead, whenReady } from './steps.ts';

const answerWithinMs = 2_000;
const recoverWithinMs = 3_000;

export function redisDown(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'redis-down',
    'without Redis a request fails with 503 within 2 s, and works again once Redis is back',
    {
      because:
        'Commands wait in the client’s queue until Redis is back, and the requests behind them wait, too. Every visitor holds a connection, and the shop looks dead instead of saying so.',
      lookAt: 'with which options is the Redis client made, and what does the error handler answer?',
    },
    async (t) => {
      const redis = await t.startRedis();
      const app = await t.startExtra({ env: { REDIS_URL: redis.appUrl } });
      await whenReady(t, { at: app });
      await new Outage(t, app, stopping(redis, app)).mustBeSurvived();
      await new Outage(t, app, stoppingAtOnce(redis)).mustBeSurvivedBetweenQuestions(redis);
      await new Outage(t, app, hanging(redis)).mustBeSurvived();
      await mustEndWithoutRedis(t, app, redis);
    },
    { background: true, further: true, limitMs: 45_000 },
  );
}

/** Customers with sessions from before, and what each of them is answered while Redis is away, and afterwards. */
class Outage {
  readonly #t: Stage;
  readonly #app: Instance;
  readonly #kind: OutageKind;

  constructor(t: Stage, app: Instance, kind: OutageKind) {
    this.#t = t;
    this.#app = app;
    this.#kind = kind;
  }

  async mustBeSurvived(): Promise<void> {
    const t = this.#t;
    const { begin, end, name, lastsMs, back = 'Redis is back' } = this.#kind;
    t.trail.begin();
    const stays = await this.#loggedIn();
    const leaves = await this.#loggedIn();
    const comes = t.visitor({ at: this.#app });
    const copy = new Map(leaves.cookies);
    const cookieNames = [...stays.cookies.keys()];
    t.step(name);
    await begin();
    const beganAt = performance.now();
    const options = { deadlineMs: answerWithinMs, unanswered: this.#kind.unanswered };
    try {
      const trailLength = t.trail.length;
      for (const ask of [
        () => stays.get('/profile', options),
        () => stays.get('/basket', options),
        () => stays.post('/basket', { event: 'friday-opening', seats: 2 }, options),
      ]) {
        t.trail.retell(trailLength);
        const answer = await ask();
        answer.mustBe(503, withoutRedis(answer));
        this.#mustLeaveCookies(answer, stays, cookieNames);
      }
      const logout = await leaves.post('/logout', undefined, options);
      logout.mustBe([503, 204], withoutRedis(logout));
      // It may ask the store more than once before it gives up.
      const login = await comes.post('/login', grace, { unanswered: this.#kind.unanswered });
      login.mustBe([503, 200], withoutRedis(login));
      await this.#kind.lasts?.(Math.max(0, beganAt + lastsMs - performance.now()));
      t.trail.retell(trailLength);
      const late = await stays.get('/profile', options);
      late.mustBe(503, withoutRedis(late));
      this.#mustLeaveCookies(late, stays, cookieNames);
      await this.#kind.worstMoment?.();
      t.step(back);
      await end();
      await this.#mustRecover(stays);
      await this.#mustHold(logout, login, { copy, comes });
    } finally {
      await end();
    }
  }

  /** A browser that is told to throw its cookie away can't use the session when Redis is back. */
  #mustLeaveCookies({ request, setCookies }: Answer, visitor: Visitor, names: string[]): void {
    const cleared = names.find((name) => !visitor.cookies.has(name));
    if (cleared === undefined) return;
    const line = setCookies.find((each) => each.startsWith(`${cleared}=`)) ?? `no cookie ${cleared}`;
    this.#t.require(false, {
      step: `set-cookie of ${request}: ${line}`,
      expected: `the browser to keep its cookie ${cleared}`,
      seen: 'the answer deletes it',
      because:
        'The 503 told the browser to throw its cookie away. The session is still in Redis, but when Redis is back, the customer has to log in again.',
      lookAt: 'where does the app clear the cookie, and has Redis said by then that there is no session?',
    });
  }

  /** Redis says who the customer is, and ends before it has the item: what comes after the session fails as the session does. */
  async mustBeSurvivedBetweenQuestions(redis: RedisHandle): Promise<void> {
    const t = this.#t;
    const { begin, end } = this.#kind;
    t.trail.begin();
    const customer = await this.#loggedIn();
    t.step('Redis answers once more, and stops');
    redis.holdReplies();
    try {
      const adding = customer.post('/basket', { event: 'friday-opening', seats: 2 });
      adding.catch(() => {}); // Awaited below; until then its failure belongs to nobody.
      const asksAgain = () => t.until('the app asks Redis', () => redis.heldBytes > 0);
      await Promise.race([adding, asksAgain()]);
      redis.passReply();
      await Promise.race([adding, asksAgain()]);
      await begin();
      const answer = await adding;
      // An app that adds with its first question has done so, and may say it.
      answer.mustBe([201, 503], withoutRedis(answer));
    } finally {
      redis.resume();
      await end();
    }
    await this.#mustRecover(customer);
  }

  async #loggedIn(): Promise<Visitor> {
    const visitor = this.#t.visitor({ at: this.#app });
    await logIn(this.#t, visitor, ada);
    await mustRead(this.#t, visitor, 'ada');
    return visitor;
  }

  /** The session must work within 3 s, and so must every route that asks Redis. */
  async #mustRecover(visitor: Visitor): Promise<void> {
    const deadline = performance.now() + recoverWithinMs;
    const options = { deadlineMs: recoverWithinMs };
    const comes = this.#t.visitor({ at: this.#app });
    await this.#mustWork(200, () => visitor.get('/profile', options), { deadline });
    for (const [right, ask] of [
      [201, () => visitor.post('/basket', { event: 'friday-opening', seats: 1 }, options)],
      [200, () => visitor.get('/basket', options)],
      [200, () => comes.post('/login', grace, options)],
      [204, () => comes.post('/logout', undefined, options)],
    ] as const)
      await this.#mustWork(right, ask, { deadline, ...partlyBack });
  }

  async #mustWork(
    right: number,
    ask: () => Promise<Answer>,
    { deadline, ...teaching }: { deadline: number } & Partial<Teaching>,
  ): Promise<void> {
    const t = this.#t;
    const trailLength = t.trail.length;
    for (;;) {
      const answer = await ask();
      if (answer.status === right) return t.trail.retell(trailLength);
      answer.mustBe([right, 500, 502, 503, 504], {
        because: 'The session did not live through the outage, although Redis lost nothing.',
        lookAt: 'what does the app do with a session when Redis can’t be asked?',
      });
      if (performance.now() > deadline) {
        answer.mustBe(right, {
          because:
            'Redis has been back for 3 s, and the app still can’t use it. Perhaps the client gave up or waits too long between its attempts to connect, or something else in the app has stopped asking Redis, such as a circuit breaker.',
          lookAt:
            'what does the client’s retryStrategy return for the twentieth attempt, and what else decides whether Redis is asked?',
          ...teaching,
          ...(await this.#kind.whyNot?.()),
        });
      }
      t.trail.retell(trailLength);
      await delay(50);
    }
  }

  /** What was answered with success during the outage must be true afterwards. */
  async #mustHold(logout: Answer, login: Answer, { copy, comes }: { copy: Map<string, string>; comes: Visitor }) {
    const t = this.#t;
    if (logout.status === 204) {
      t.trail.begin(`${this.#kind.name}: POST /logout`, '204');
      t.step('Redis is back; a copy of the cookie:');
      (await t.visitor({ at: this.#app, cookies: copy }).get('/profile')).mustBe(401, {
        because:
          'The customer was told that the logout is done, and the session is still alive: the store was not there to end it.',
        lookAt: 'what does POST /logout answer when the store reports an error?',
      });
    }
    if (login.status === 200) {
      t.trail.begin(`${this.#kind.name}: POST /login`, '200');
      t.step('Redis is back:');
      await mustRead(
        t,
        comes,
        'grace',
        {},
        {
          because: 'The login was answered with 200, and its session was never stored.',
          lookAt: 'what does POST /login answer when the store reports an error?',
        },
      );
    }
  }
}

const partlyBack = {
  because:
    'Redis has been back for 3 s. The profile can be read again, and this request still fails, such as an item that waits for one before it whose promise was rejected. What failed once in the outage fails for ever.',
  lookAt: 'what does a request wait for besides its own commands to Redis, and what if that has failed?',
};

/** What a wrong answer without Redis means. */
function withoutRedis({ status, request }: Answer) {
  if (status >= 200 && status < 300) {
    return {
      because: `The app answered ${request} without asking Redis, so it does not know what other instances wrote there, such as a logout.`,
      lookAt: 'what does a request read from Redis before it is answered?',
    };
  }
  if (status === 401) {
    return {
      because:
        'A 401 tells the customer to log in again. But the session is still there: it is the store that is away.',
      lookAt: 'what does the app make of an error from the store: no session, or no answer?',
    };
  }
  return {
    because:
      'The app takes an outage of Redis for a fault of its own. A 503 tells clients and balancers that it will pass.',
    lookAt: 'what does the error handler answer to an error of the Redis client?',
  };
}
