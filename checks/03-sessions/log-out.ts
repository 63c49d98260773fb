import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CheckDefinition, Instance, RedisDoor, Stage, Visitor } from '../harness/sdk/index.ts';
import { ada, linus, logIn, mustRead, unknownThere, whenReady } from './steps.ts';

/** A request has reached the instance by then, and has asked Redis if it does so at all. */
const asksWithinMs = 500;

export function logoutEverywhere(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'logout-everywhere',
    'a logout on one instance ends the session on the other, also for a copy of the cookie',
    {
      because:
        'A copy of the cookie still opens the account: the logout changed nothing in the place that every instance asks.',
      lookAt: 'what does POST /logout change besides the browser’s cookie, and who can see that change?',
    },
    async (t) => {
      const door = await t.redis.openDoor();
      const [extra] = await Promise.all([t.startExtra({ env: { REDIS_URL: door.url } }), endsEverywhere(t)]);
      await whenReady(t, { at: extra });
      for (let attempt = 1; attempt <= 3; attempt++) if (await staysEnded(t, extra, door)) return;
      t.inconclusive('the machine was too busy: Redis was too late for the app while a read was held');
    },
  );
}

async function endsEverywhere(t: Stage): Promise<void> {
  const visitor = t.visitor();
  await logIn(t, visitor, ada, { on: 1 });
  const copies = [new Map(visitor.cookies)];
  // Both instances have seen the session, so that one which remembers it is found out.
  for (const on of [1, 2]) await mustRead(t, visitor, 'ada', { on }, unknownThere);
  const other = t.visitor();
  await logIn(t, other, linus, { on: 1 });
  copies.push(new Map(visitor.cookies));
  (await visitor.post('/logout', undefined, { on: 2 })).mustBe(204, { because: 'A logout answers 204.' });
  (await visitor.get('/profile', { on: 1 })).mustBe(401);
  for (const cookies of copies) {
    for (const on of [1, 2]) {
      t.step('a copy of the cookie from before the logout:');
      (await t.visitor({ cookies }).get('/profile', { on })).mustBe(401);
      (await t.visitor({ cookies }).get('/basket', { on })).mustBe(401);
    }
  }
  t.step('a copy of the cookie from before the logout:');
  const { status } = await t.visitor({ cookies: copies[0] }).post('/logout', undefined, { on: 1 });
  t.require(status === 204, { expected: '204', seen: String(status), because: 'Every logout answers 204.' });
  t.step('linus, who has not logged out:');
  await mustRead(
    t,
    other,
    'linus',
    { on: 2 },
    {
      because: 'One customer logged out, and the session of another one ended, too.',
      lookAt: 'which keys does POST /logout delete?',
    },
  );
  await laterLogin(t, copies);
}

/** A login must not make the cookie of an ended session valid again. */
async function laterLogin(t: Stage, copies: Map<string, string>[]): Promise<void> {
  t.trail.begin('ada has logged out, and logs in again in another browser:');
  await logIn(t, t.visitor(), ada, { on: 1 });
  for (const cookies of copies) {
    t.step('a copy of the cookie from before the logout:');
    (await t.visitor({ cookies }).get('/profile', { on: 2 })).mustBe(401, {
      because: 'A later login made the old cookie valid again: all logins of a customer share one session id.',
      lookAt: 'what is a session id made of, and what of that is new at each login?',
    });
  }
}

/** What was asked of Redis before the logout says nothing about a request that came after it. */
async function mustNotJoin(t: Stage, visitor: Visitor, door: RedisDoor, read: Promise<Answer>): Promise<boolean> {
  t.step('a copy of the cookie, on the third instance, before Redis has answered the first read:');
  const heldBefore = door.heldBytes;
  const late = visitor.get('/profile', { deadlineMs: 10_000 });
  late.catch(() => {}); // Awaited below; until then its failure belongs to nobody.
  // An app may ask Redis one thing at a time, or nothing because somebody has asked already.
  const until = performance.now() + asksWithinMs;
  while (door.heldBytes <= heldBefore && performance.now() < until) await delay(10);
  door.resume();
  const trailLength = t.trail.length;
  const [answer] = await Promise.all([late, read]);
  t.trail.retell(trailLength);
  if (answer.status === 503) return false; // Redis was away for the app, which may say so.
  answer.mustBe(401, {
    because:
      'A copy of the cookie still opens the account on an instance that has not heard of the logout yet. The answer came from a look-up that another request had begun before the logout, or from what the instance remembers.',
    lookAt:
      'who shares one look-up of a session, and may it have begun before the request came? And what does an instance keep of a session?',
  });
  return true;
}

/** A read that has seen the session, and gets to know it after the logout, must not store it again. */
async function staysEnded(t: Stage, extra: Instance, door: RedisDoor): Promise<boolean> {
  const cookies = new Map<string, string>();
  const visitor = t.visitor();
  t.trail.begin();
  await logIn(t, visitor, ada, { on: 1 });
  for (const [name, value] of visitor.cookies) cookies.set(name, value);
  await mustRead(t, t.visitor({ at: extra, cookies }), 'ada');
  const trailLength = t.trail.length;
  door.holdReplies();
  try {
    const read = t.visitor({ at: extra, cookies }).get('/profile', { deadlineMs: 10_000 });
    read.catch(() => {}); // Awaited below; until then its failure belongs to nobody.
    await Promise.race([read, t.until('the instance asks Redis for the session', () => door.heldBytes > 0)]);
    t.trail.retell(trailLength);
    t.step('GET /profile on a third instance, which Redis answers slowly; meanwhile:');
    (await visitor.post('/logout', undefined, { on: 1 })).mustBe(204);
    if (!(await mustNotJoin(t, t.visitor({ at: extra, cookies: new Map(cookies) }), door, read))) return false;
  } finally {
    door.resume();
  }
  t.trail.retell(trailLength);
  t.step('GET /profile on a third instance, which Redis answers slowly; meanwhile:');
  t.step('POST /logout on instance 1', '204');
  t.step('a copy of the cookie from before the logout:');
  (await t.visitor({ cookies }).get('/profile', { on: 2 })).mustBe(401, {
    because:
      'A request that was under way during the logout wrote its session back when it ended. The customer has logged out, and the session is alive again.',
    lookAt: 'does a request write a session that it has not changed (resave)?',
  });
  return true;
}
