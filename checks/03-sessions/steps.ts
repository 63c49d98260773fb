import { setTimeout as delay } from 'node:timers/promises';
import { type Cookie, parseSetCookie } from 'set-cookie-parser';
import type { Answer, Instance, RequestOptions, Stage, Teaching, Visitor } from '../harness/sdk/index.ts';

/** The demo users in src/users.ts. */
export const ada = { username: 'ada', password: 'analytical' };
export const grace = { username: 'grace', password: 'nanosecond' };
export const linus = { username: 'linus', password: 'penguin' };

/** JSON without the fields of any object. */
export const noFields = ['null', '[]', '"friday-opening"'];
export const asJson = { 'content-type': 'application/json' };

export const unknownThere = {
  because: 'The instance does not know the session that the other one created.',
  lookAt: 'where does the app keep its sessions, and which instances can read there?',
};

/** An instance may answer 503 for so long after its start, while it connects. */
const readyWithinMs = 1_000;

/** Waits until an instance that has just been started answers a login with something other than 503. */
export async function whenReady(t: Stage, { on, at }: { on?: number; at?: Instance }): Promise<void> {
  const trailLength = t.trail.length;
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const visitor = t.visitor(at ? { at } : {});
    const options = on ? { on } : {};
    const login = await visitor.post('/login', grace, options);
    const ready = login.status !== 503 && (await visitor.get('/profile', options)).status !== 503;
    t.trail.retell(trailLength);
    if (ready || performance.now() > deadline) return;
    await delay(20);
  }
}

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
  for (const item of items ?? []) {
    t.require(typeof item?.event === 'string' && typeof item.seats === 'number', {
      expected: 'items whose event is text and whose seats are a number',
      seen: JSON.stringify(item) ?? 'no item',
      because: 'An item does not come back as it was added.',
      lookAt: 'how does the app write an item down, and how does it read it back?',
    });
  }
  return items?.map((item) => `${item?.event} × ${item?.seats}`) ?? [];
}

/** Compares a basket with what must be in it, in any order. */
export function requireItems(t: Stage, basket: unknown, expected: string[], teaching: Partial<Teaching> = {}): void {
  const seen = itemsOf(t, basket).sort().join(', ');
  const right = expected.toSorted().join(', ');
  t.require(seen === right, { expected: `items: ${right}`, seen: seen || 'no items', ...teaching });
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
  t.trail.retell(trailLength); // Our own search, nothing that the learner needs to follow.
  return needed.length > 0 ? needed : cookies;
}
