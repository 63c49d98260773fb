import type { CheckDefinition, Instance, Stage, Visitor } from '../harness/sdk/index.ts';
import { ada, itemsOf, linus, logIn, mustRead, requireItems, unknownThere, whenReady } from './steps.ts';

/** With the first one these are as many as the contract names. */
const otherBrowsers = 19;

type Behaviour = CheckDefinition['behaviour'];

export function otherInstance(behaviour: Behaviour): void {
  behaviour(
    'other-instance',
    'a login on one instance is valid on the other',
    {
      because:
        'The session is kept where only the instance that created it can see it: in its memory, or on its own disk.',
      lookAt: 'where does the app keep its sessions, and which instances can read there?',
    },
    async (t) => {
      const visitors = [t.visitor(), t.visitor()] as const;
      for (const [visitor, first, second] of [
        [visitors[0], 1, 2],
        [visitors[1], 2, 1],
      ] as const) {
        await logIn(t, visitor, ada, { on: first });
        await mustRead(t, visitor, 'ada', { on: second });
      }
      t.step('the browser that ada had logged in with first:');
      await mustRead(
        t,
        visitors[0],
        'ada',
        { on: 1 },
        {
          because: 'The later login ended the earlier one: a login on the phone logs the customer out on the computer.',
          lookAt: 'under which key is a session kept: one for each login, or one for each customer?',
        },
      );
      await mustStayBesideOthers(t, visitors[0]);
    },
  );
}

/** ada logs in with many more browsers. */
async function mustStayBesideOthers(t: Stage, first: Visitor): Promise<void> {
  t.trail.begin('a browser that ada has logged in with');
  const logins = await Promise.all(
    Array.from({ length: otherBrowsers }, (_, n) => t.visitor().post('/login', ada, { on: 1 + (n % 2) })),
  );
  for (const login of logins) login.mustBe(200);
  t.trail.retell(1, `POST /login of ada in ${otherBrowsers} other browsers`, '200');
  t.step('the first browser:');
  await mustRead(
    t,
    first,
    'ada',
    { on: 2 },
    {
      because:
        'A customer may have only some sessions, and a later login ended an earlier one that was in use. Its basket is gone, too.',
      lookAt: 'what does a login end, and how many logins does the app keep for each customer?',
    },
  );
}

export function basketFollows(behaviour: Behaviour): void {
  behaviour(
    'basket-follows',
    'the basket follows the customer from instance to instance',
    {
      because: 'The login is shared, but the basket is not: each instance adds to a copy of its own.',
      lookAt: 'where does POST /basket put the item, and where does GET /basket look?',
    },
    async (t) => {
      const visitor = t.visitor();
      await logIn(t, visitor, ada, { on: 1 });
      const before = itemsOf(t, (await visitor.get('/basket', { on: 1 })).mustBe(200).json);
      (await visitor.post('/basket', { event: 'saturday-gala', seats: 2 }, { on: 1 })).mustBe(201);
      const one = [...before, 'saturday-gala × 2'];
      requireItems(t, (await visitor.get('/basket', { on: 2 })).mustBe(200, unknownThere).json, one);
      const both = [...one, 'sunday-matinee × 3'];
      requireItems(
        t,
        (await visitor.post('/basket', { event: 'sunday-matinee', seats: 3 }, { on: 2 })).mustBe(201).json,
        both,
      );
      requireItems(t, (await visitor.get('/basket', { on: 1 })).mustBe(200).json, both);
      for (const [whose, other] of [
        ['another browser', t.visitor()],
        ['the same browser', visitor],
      ] as const) {
        t.step(`another customer in ${whose}:`);
        await logIn(t, other, linus, { on: 2 });
        const theirs = itemsOf(t, (await other.get('/basket', { on: 2 })).mustBe(200).json);
        t.require(!theirs.includes('saturday-gala × 2'), {
          expected: 'nothing of ada’s in the basket of linus',
          seen: theirs.join(', '),
          because: 'One customer sees the basket of another: what it is kept under does not say whose it is.',
          lookAt: 'under which key is a basket kept, and what becomes of it when somebody else logs in?',
        });
      }
    },
  );
}

export function survivesRestart(behaviour: Behaviour): void {
  behaviour(
    'survives-restart',
    'a session survives a restart of every instance',
    {
      because: 'The session ended with the process. Every deploy would log everybody out and empty their baskets.',
      lookAt: 'what does the app know right after its start, and from where?',
    },
    async (t) => {
      const visitor = t.visitor();
      await logIn(t, visitor, ada, { on: 1 });
      const added = await visitor.post('/basket', { event: 'monday-concert', seats: 2 }, { on: 1 });
      const items = itemsOf(t, added.mustBe(201).json);
      await t.restart();
      for (const on of [1, 2]) await whenReady(t, { on });
      await mustRead(t, visitor, 'ada', { on: 1 });
      requireItems(t, (await visitor.get('/basket', { on: 2 })).mustBe(200).json, items);
    },
  );
}

/** What an instance has read before is no longer true once another one has answered. News that are sent to it arrive late. */
async function remembersNothing(t: Stage, quick: Instance, slow: Instance): Promise<void> {
  const remembers = {
    because:
      'The instance answered from what it remembered. A message that tells it of a change arrives after the customer’s next request, or never.',
    lookAt: 'what does an instance keep of a session between two requests?',
  };
  const writer = t.visitor({ at: quick });
  t.trail.retell(1);
  await logIn(t, writer, linus);
  const reader = () => t.visitor({ at: slow, cookies: new Map(cookies) });
  const cookies = new Map(writer.cookies);
  t.step('with the same cookie on instance A, which reads basket and profile:');
  const reads = await Promise.all([reader().get('/basket'), reader().get('/profile')]);
  for (const read of reads) read.mustBe(200, unknownThere);
  t.step('on instance B:');
  const added = await writer.post('/basket', { event: 'closing-night', seats: 3 });
  const items = itemsOf(t, added.mustBe(201).json);
  t.step('at once, on instance A:');
  requireItems(t, (await reader().get('/basket')).mustBe(200).json, items, remembers);
  t.step('on instance B:');
  (await writer.post('/logout')).mustBe(204);
  t.step('with a copy of the cookie, at once, on instance A:');
  (await reader().get('/profile')).mustBe(401, remembers);
}

/** How long a command of the slow instance takes to Redis and back. */
const roundTripMs = 150;

export function answeredIsStored(behaviour: Behaviour): void {
  behaviour(
    'answered-is-stored',
    'what one instance has answered, the other one knows at once',
    {
      because:
        'The answer was sent before the store had done its part. The customer’s next request, on another instance, overtakes it.',
      lookAt: 'which calls to the store does the route wait for before it answers?',
    },
    async (t) => {
      // One instance with a long way to Redis, one with a short way: what the first sends after its answer arrives too late.
      const [slow, quick] = await Promise.all([
        t.startExtra({ env: { REDIS_URL: t.redis.appUrl } }),
        t.startExtra({ env: { REDIS_URL: t.redis.directUrl } }),
      ]);
      for (const at of [slow, quick]) await whenReady(t, { at });
      t.redis.delay(roundTripMs);
      t.step(`instance A is ${roundTripMs} ms from Redis, instance B is next to it`);
      const there = t.visitor({ at: slow });
      await logIn(t, there, linus);
      t.step('with the same cookie, at once, on instance B:');
      const here = t.visitor({ at: quick, cookies: there.cookies });
      await mustRead(t, here, 'linus');
      t.trail.retell(1);
      const added = await there.post('/basket', { event: 'closing-night', seats: 4 });
      const items = itemsOf(t, added.mustBe(201).json);
      t.step('with the same cookie, at once, on instance B:');
      requireItems(t, (await t.visitor({ at: quick, cookies: there.cookies }).get('/basket')).mustBe(200).json, items);
      t.trail.retell(1);
      const copy = new Map(there.cookies);
      (await there.post('/logout')).mustBe(204);
      t.step('with a copy of the cookie, at once, on instance B:');
      (await t.visitor({ at: quick, cookies: copy }).get('/profile')).mustBe(401);
      await remembersNothing(t, quick, slow);
    },
  );
}
