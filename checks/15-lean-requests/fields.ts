import { type CheckDefinition, excerpt, type Instance, type Stage } from '../harness/sdk/index.ts';
import { ask, jsonType, mustBe, type Reply, seen } from './ask.ts';
import { type HostileBody, hostileOrders, hostileVisitors } from './hostile-bodies.ts';

export function fieldsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'fields',
    'each field that is missing, wrong or unknown is named, and nothing is a 500',
    {
      because:
        'The fields that are named are not the ones that are wrong. The client mends the wrong ones, or the app takes what it does not know.',
      lookAt:
        'what does the app know of this field, and which list of fields does it go through: its own, or that of the body?',
    },
    async (t) => {
      const app = t.app();
      const left = async () => (await ask(t, app, 'GET', '/shows/1')).json?.seatsLeft;
      const before = await left();
      let sold = 0;
      for (const row of hostileOrders) {
        const reply = await judge(t, app, '/orders', row);
        if (reply.status === 201) sold += reply.json?.seats;
      }
      t.trail.begin('after all of these');
      const now = await left();
      t.require(now === before - sold, {
        expected: `${before - sold} seats left of show 1: ${sold} fewer than before`,
        seen: String(now),
        because:
          'Some of these orders were refused, and have taken their seats nevertheless, or more than they were told.',
        lookAt: 'what has the handler done already when it finds that something is wrong?',
      });
      for (const row of hostileVisitors) await judge(t, app, '/visitors', row);
      for (const name of names) await mustTakeBytewise(t, app, name);
      await refusedWithoutRedis(t, app);
      t.trail.begin('after all of these');
      mustBe(t, await ask(t, app, 'POST', '/orders', { body: { show: '1', seats: 8 } }), 201, polluted);
      mustBe(t, await ask(t, app, 'POST', '/visitors', { body: { name: 'Ada' } }), 201, polluted);
    },
    { limitMs: 30_000 },
  );
}

/** As long as a name may be, and not. */
const names = ['é'.repeat(60), 'Jürgen 🎸 日本'];

/** Pieces of a body are cut anywhere. */
async function mustTakeBytewise(t: Stage, app: Instance, name: string): Promise<void> {
  t.trail.begin();
  const what = `with the name ${name}, each byte in a piece of its own`;
  const reply = await ask(t, app, 'POST', '/visitors', { body: { name }, bytewise: true, what });
  mustBe(t, reply, 201, cutLetters);
  t.require(reply.json?.name === name, { expected: `the name ${name}`, seen: seen(reply), ...cutLetters });
}

/** Once more, while Redis replies to nothing: who is refused is refused all the same. */
async function refusedWithoutRedis(t: Stage, app: Instance): Promise<void> {
  t.redis.holdReplies();
  try {
    for (const [body, statuses, , what] of hostileVisitors) {
      if ([statuses].flat().includes(201)) continue;
      t.trail.begin();
      await ask(t, app, 'POST', '/visitors', { body, headers: jsonType, ...(what ? { what } : {}) });
      t.require(t.redis.heldBytes === 0, {
        expected: 'no Redis command for a visitor who is refused',
        seen: 'one at least: Redis has replied to something',
        because: 'Redis is asked before the app has looked at the fields, so everybody can make it work.',
        lookAt: 'what comes first in this handler: the look at the fields, or Redis?',
      });
    }
  } finally {
    t.redis.resume();
  }
}

async function judge(
  t: Stage,
  app: Instance,
  path: string,
  [body, statuses, fields, what]: HostileBody,
): Promise<Reply> {
  t.trail.begin();
  const reply = await ask(t, app, 'POST', path, { body, headers: jsonType, ...(what ? { what } : {}) });
  mustBe(t, reply, statuses, reply.status < 300 ? taken : reply.status === 404 && fields ? lookedUpFirst : {});
  if (!fields || reply.status !== 400) return reply;
  const named = namedIn(reply);
  const missing = fields.filter((name) => !named?.includes(name));
  t.require(named && named.join() === [...fields].sort().join(), {
    expected: `400 with "fields": ${excerpt(JSON.stringify(fields), 120)}, in any order`,
    seen: `${seen(reply)}${named?.length ? `: ${missing.length} of ${fields.length} are missing` : ''}`,
    ...(named?.length && missing.length > 0 && named.every((name) => fields.includes(name)) ? notAll : {}),
  });
  return reply;
}

/** Each once: two rules of a field may be broken, and nothing is said about naming it for each. */
function namedIn({ json }: Reply): string[] | undefined {
  const fields = json?.fields;
  return Array.isArray(fields) ? [...new Set(fields.map(String))].sort() : undefined;
}

const taken = {
  because: 'The app takes this for good. What it has not looked at goes on to whatever comes after it.',
  lookAt: 'which rule of this field lets this value pass, or who looks at fields that nobody knows?',
};
const lookedUpFirst = {
  because:
    'The app says that there is no such show, and nothing of the fields that are wrong. The client looks for another show, and is refused again.',
  lookAt: 'what comes first in this handler: the look at all fields, or the search for the show?',
};
const cutLetters = {
  because:
    'Each piece of the body has become a text by itself. A letter of several bytes that two pieces share is lost.',
  lookAt: 'when do the bytes of the body become text: each piece as it comes, or all of them together?',
};
const notAll = {
  because:
    'Some of the fields that are wrong are named, and others are not. The client mends these, and is refused again.',
  lookAt:
    'which names are left out: does the app stop at the first, after so many, or where another kind of mistake begins?',
};
const polluted = {
  because:
    'A good request is refused after those that were not: one of them has changed something that all requests share.',
  lookAt: 'what do these requests leave behind, such as properties of Object.prototype?',
};
