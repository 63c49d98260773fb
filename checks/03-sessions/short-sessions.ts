import type { Answer, Instance, RedisHandle, Stage, Visitor } from '../harness/sdk/index.ts';
import { grace, whenReady } from './steps.ts';

const ttlS = 4;
/** Used less than this apart, a session of 4 s is alive, also where its end is rounded down to a whole second. */
export const longestGapMs = 2_900;

/** A session that is used only here has more than half of its time left at its first use, and lives past its first end. */
export const seldomAtMs = [1_350, 4_100] as const;
/** First used later than this after its login, it tells nothing about an app that leaves renewals out in the first half. */
export const firstHalfMs = 1_900;

const item = { event: 'friday-opening', seats: 2 };

/** A way of using a session: any request with its cookie, on any route, also one that is refused. */
export interface Use {
  what: string;
  ask(visitor: Visitor): Promise<Answer>;
  right: number;
  /** An app need not have it: what it answers with one of these is not judged. */
  unknown?: number[];
}

export const reading: Use = { what: 'GET /profile', ask: (visitor) => visitor.get('/profile'), right: 200 };
export const otherUses: Use[] = [
  { what: 'GET /basket', ask: (visitor) => visitor.get('/basket'), right: 200 },
  { what: 'POST /basket', ask: (visitor) => visitor.post('/basket', item), right: 201 },
  { what: 'POST /basket with 9 seats', ask: (visitor) => visitor.post('/basket', { ...item, seats: 9 }), right: 400 },
  {
    what: 'POST /login with a wrong password',
    ask: (visitor) => visitor.post('/login', { ...grace, password: 'millisecond' }),
    right: 401,
  },
  // Express answers it as it answers GET.
  {
    what: 'HEAD /profile',
    ask: (visitor) => visitor.send('HEAD', '/profile', undefined),
    right: 200,
    unknown: [404, 405, 501],
  },
];

export const shortLived = {
  because: 'A session with a short SESSION_TTL_S must work like one with a long one, until its time is over.',
  lookAt: 'what does the app make of SESSION_TTL_S?',
};

export interface ShortSessions {
  app: Instance;
  /** With the default of SESSION_TTL_S. */
  lasting: Instance;
  redis: RedisHandle;
  /** One more instance with the same short sessions. */
  start(redisUrl: string): Promise<Instance>;
}

/** @param act says whether the app could be judged: not when this machine did not get round to using a session in time. */
export async function withShortSessions(t: Stage, act: (short: ShortSessions) => Promise<boolean>): Promise<void> {
  // A Redis of its own, because this runs beside behaviours that look at all keys, and its keys live for seconds only.
  const redis = await t.startRedis();
  const start = async (redisUrl: string) => {
    const app = await t.startExtra({ env: { REDIS_URL: redisUrl, SESSION_TTL_S: String(ttlS) } });
    await whenReady(t, { at: app });
    return app;
  };
  const [app, lasting] = await Promise.all([start(redis.appUrl), t.startExtra({ env: { REDIS_URL: redis.appUrl } })]);
  await whenReady(t, { at: lasting });
  for (let attempt = 1; attempt <= 3; attempt++) {
    t.trail.begin(`an instance with SESSION_TTL_S=${ttlS}`);
    if (await act({ app, lasting, redis, start })) return;
  }
  t.inconclusive('the machine was too busy to use a session every second');
}

/** How long a session may have gone unused. */
export class Gaps {
  #previous: Answer | undefined;
  #longestMs = 0;

  note(answer: Answer): void {
    if (this.#previous) this.#longestMs = Math.max(this.#longestMs, gapMs(this.#previous, answer));
    this.#previous = answer;
  }

  /** @returns whether it came in time, or was answered well all the same. */
  inTime(answer: Answer, right = 200): boolean {
    this.note(answer);
    // An app whose Redis was late says 503, and has renewed nothing.
    return answer.status < 300 || answer.status === right || (this.small && answer.status !== 503);
  }

  get small(): boolean {
    return this.#longestMs <= longestGapMs;
  }
}

/** From when the one was sent to when the other one had arrived: all that a session may have gone unused. */
export function gapMs(before: Answer, after: Answer): number {
  return after.arrivedAt - (before.arrivedAt - before.ms);
}
