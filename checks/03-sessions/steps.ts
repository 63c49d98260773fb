import { setTimeout as delay } from 'node:timers/promises';
import { type Cookie, parseSetCookie } from 'set-cookie-parser';
import type { Answer, RequestOptions, Stage, Teaching, Visitor } from '../harness/sdk/index.ts';

/** The demo users in src/users.ts. */
export const ada = { username: 'ada', password: 'analytical' };
export const grace = { username: 'grace', password: 'nanosecond' };
export const linus = { username: 'linus', password: 'penguin' };

export async function logIn(
  t: Stage,
  visitor: Visitor,
  who: typeof ada,
  options: RequestOptions = {},
  teaching: Partial<Teaching> = {},
): Promise<Answer> {
  const answer = (await visitor.post('/login', who, options)).mustBe(200, teaching);
  const { username } = who;
  t.require(answer.json?.username === username, {
    expected: `{"username":"${username}"}`,
    seen: answer.text,
    ...teaching,
  });
  return answer;
}

/** The profile must be there, and be that user's. */
export async function mustRead(
  t: Stage,
  visitor: Visitor,
  username: string,
  options: RequestOptions = {},
  teaching: Partial<Teaching> = {},
): Promise<void> {
  const { json, text } = (await visitor.get('/profile', options)).mustBe(200, teaching);
  t.require(json?.username === username, { expected: `username "${username}"`, seen: text });
  t.require(typeof json.name === 'string' && json.name !== '', { expected: 'a name', seen: text });
}

/** What is in a basket: ["friday-opening × 2"]. It may hold what the customer left there at an earlier login. */
export function itemsOf(t: Stage, basket: unknown): string[] {
  const { items } = (basket ?? {}) as { items?: { event?: unknown; seats?: unknown }[] };
  t.require(Array.isArray(items), { expected: '{"items":[…]}', seen: JSON.stringify(basket) ?? 'no JSON' });
  return items?.map((item) => `${item?.event} × ${item?.seats}`) ?? [];
}

/** Compares a basket with what must be in it, in any order. */
export function requireItems(t: Stage, basket: unknown, expected: string[]): void {
  const seen = itemsOf(t, basket).sort().join(', ');
  const right = expected.toSorted().join(', ');
  t.require(seen === right, { expected: `items: ${right}`, seen: seen || 'no items' });
}

/** Of the cookies that a login set, those without which the visitor is no longer logged in. */
export async function sessionCookies(t: Stage, visitor: Visitor, login: Answer): Promise<Cookie[]> {
  const cookies = parseSetCookie(login.setCookies, { decodeValues: false }).filter(({ name }) =>
    visitor.cookies.has(name),
  );
  t.require(cookies.length > 0, { expected: 'POST /login sets a cookie', seen: 'no set-cookie header' });
  const trailLength = t.trail.length;
  const needed: Cookie[] = [];
  for (const cookie of cookies) {
    const others = new Map([...visitor.cookies].filter(([name]) => name !== cookie.name));
    if ((await t.visitor({ cookies: others }).get('/profile')).status === 401) needed.push(cookie);
  }
  t.trail.splice(trailLength); // Our own search, nothing that the learner needs to follow.
  return needed.length > 0 ? needed : cookies;
}

/** What a wrong answer without Redis means, by its status. */
export function withoutRedis(status: number): Partial<Teaching> {
  if (status === 200) {
    return {
      because:
        'The app answered without asking Redis, so it also misses what other instances wrote there, such as a logout.',
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

/** Redis is back: the session must work on both instances within 3 s. */
export async function mustRecover(t: Stage, visitor: Visitor): Promise<void> {
  const deadline = performance.now() + 3_000;
  const trailLength = t.trail.length;
  for (const on of [1, 2]) {
    for (;;) {
      const answer = await visitor.get('/profile', { on, deadlineMs: 3_000 });
      if (answer.status === 200) break;
      answer.mustBe([200, 500, 502, 503, 504], {
        because: 'The session did not live through the outage, although Redis lost nothing.',
        lookAt: 'what does the app do with a session when Redis can’t be asked?',
      });
      if (performance.now() > deadline) {
        answer.mustBe(200, {
          because:
            'Redis has been back for 3 s, but the client gave up, or waits too long between its attempts to connect.',
          lookAt: 'the client’s retryStrategy: what does it return for the twentieth attempt?',
        });
      }
      t.trail.splice(trailLength);
      await delay(50);
    }
  }
}
