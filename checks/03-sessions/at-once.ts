import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { ada, itemsOf, linus, logIn, requireItems, whenReady } from './steps.ts';

/** Longer than the machine makes of "at the same moment", so that each step of one request overlaps the same step of the others. */
const roundTripMs = 150;

export function itemsAtOnce(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'items-at-once',
    'items that are added at the same moment are all kept, and none brings an ended session back',
    {
      because:
        'An item is lost: each request read the basket, added its item and wrote the whole basket, and the last write won.',
      lookAt: 'how does POST /basket add an item: with one command in Redis, or by writing back what it read?',
    },
    async (t) => {
      t.redis.delay(roundTripMs);
      await allAreKept(t);
      t.redis.delay(0);
      await sessionStaysEnded(t);
    },
    { further: true },
  );
}

async function allAreKept(t: Stage): Promise<void> {
  const visitor = t.visitor();
  await logIn(t, visitor, ada, { on: 1 });
  const before = itemsOf(t, (await visitor.get('/basket', { on: 1 })).mustBe(200).json);
  // The third is equal to the first and comes to the same instance, and so it is with the fourth and the second.
  const events = [
    'friday-opening',
    'closing-night',
    'friday-opening',
    'closing-night',
    'saturday-gala',
    'sunday-matinee',
  ];
  const trailLength = t.trail.length;
  const answers = await Promise.all(
    events.map((event, at) => {
      const browser = t.visitor({ cookies: new Map(visitor.cookies) });
      return browser.post('/basket', { event, seats: 1 }, { on: 1 + (at % 2), deadlineMs: 10_000 });
    }),
  );
  t.trail.retell(trailLength);
  t.step(`${events.length} POST /basket of one customer at the same moment, over both instances`);
  for (const answer of answers) answer.mustBe(201);
  const basket = (await visitor.get('/basket', { on: 1 })).mustBe(200);
  const added = events.map((event) => `${event} × 1`);
  const kept = itemsOf(t, basket.json);
  const onlyRepeated = added.every((item) => kept.includes(item));
  requireItems(t, basket.json, [...before, ...added], onlyRepeated ? repeated : {});
}

const repeated = {
  because:
    'Equal items were added at the same moment, and one of them is lost: the app took it for a repetition of the other, or the last write won. An item is added even if it is there already.',
  lookAt: 'what does POST /basket do with an item that is equal to one that is just being added?',
};

/** An item that is under way while the customer logs out. What becomes of the item is up to the app. */
async function sessionStaysEnded(t: Stage): Promise<void> {
  const door = await t.redis.openDoor();
  const extra = await t.startExtra({ env: { REDIS_URL: door.url } });
  await whenReady(t, { at: extra });
  t.trail.begin();
  const visitor = t.visitor();
  await logIn(t, visitor, linus, { on: 1 });
  const cookies = new Map(visitor.cookies);
  door.holdReplies();
  try {
    const adding = t
      .visitor({ at: extra, cookies: new Map(cookies) })
      .post('/basket', { event: 'friday-opening', seats: 2 }, { deadlineMs: 10_000 });
    adding.catch(() => {}); // Awaited below; until then its failure belongs to nobody.
    await Promise.race([adding, t.until('the instance asks Redis for the session', () => door.heldBytes > 0)]);
    t.step('POST /basket on a third instance, which Redis answers slowly; meanwhile:');
    (await visitor.post('/logout', undefined, { on: 1 })).mustBe(204);
    door.resume();
    await adding;
  } finally {
    door.resume();
  }
  t.step('a copy of the cookie from before the logout:');
  (await t.visitor({ cookies }).get('/profile', { on: 2 })).mustBe(401, {
    because:
      'The request that added an item wrote the session back after the logout. The customer has logged out, and the session is alive again.',
    lookAt: 'what does POST /basket write: the item, or the whole session?',
  });
}
