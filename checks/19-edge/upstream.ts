import type { CheckDefinition, SeenRequest, Stage } from '../harness/sdk/index.ts';
import { ask, inWords, order } from './ask.ts';
import { mustAskAnother, mustBeAnswered } from './dies-late.ts';
import { keptBehaviour } from './kept.ts';
import { newGetsOfAll } from './new-gets.ts';
import { slowBehaviour } from './too-slow.ts';

export function upstreamBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'routes',
    'every route of the desk answers through nginx',
    {
      because: 'nginx stands in front of every route, and one of them is not passed on as it should be.',
      lookAt: 'which location of nginx.conf does this path belong to?',
    },
    async (t) => {
      const visitor = t.visitor();
      const list = (await visitor.get('/events')).mustBe(200).json;
      t.require(Array.isArray(list) && list.length === 4, {
        expected: 'four events',
        seen: JSON.stringify(list).slice(0, 80),
      });
      const one = (await visitor.get('/events/vienna')).mustBe(200).json;
      t.require(one?.id === 'vienna' && one.cents === 8_400, {
        expected: 'the event vienna',
        seen: JSON.stringify(one).slice(0, 80),
      });
      (await visitor.get('/events/none')).mustBe(404);
      const made = (await visitor.post('/orders', { event: 'oslo', seats: 2 })).mustBe(201).json;
      const found = (await visitor.get(`/orders/${made?.id}`)).mustBe(200).json;
      t.require(found?.totalCents === 19_000, {
        expected: 'the order, 19000 cents',
        seen: JSON.stringify(found).slice(0, 80),
      });
      (await visitor.post('/orders', { event: 'none', seats: 2 })).mustBe(400);
      (await visitor.get('/live')).mustBe(200);
      (await visitor.get('/ready')).mustBe(200);
      (await visitor.get('/whoami')).mustBe(200);
      const plan = await ask(t.url, '/events/oslo/seats.csv');
      t.require(plan.status === 200 && plan.body.length > 1_000_000, {
        step: 'GET /events/oslo/seats.csv',
        expected: '200, a line for each seat',
        seen: `${inWords(plan)}, ${plan.body.length} bytes`,
      });
    },
  );

  keptBehaviour(behaviour);

  behaviour(
    'instance-dies',
    'an instance that is dead, or dies in the middle of a request, costs no GET',
    {
      because: 'The other instance could have answered. nginx asks it only when it is told in which cases.',
      lookAt: 'what does proxy_next_upstream name, and does each location have an upstream with both instances?',
    },
    async (t) => {
      const diesLate = mustAskAnother(t);
      diesLate.catch(() => {}); // Awaited below.
      const [first, second] = t.nginx.gates;
      for (const gate of [first, second]) {
        await gate?.door.cut();
        await everyGet(t, 'an instance refuses connections');
        await gate?.door.restore();
        await t.nginx.startAgain();
        gate?.decide(({ method }) => (method === 'GET' ? 'break' : 'pass'));
        await everyGet(t, 'an instance dies when it has the request');
        gate?.decide(undefined);
        await t.nginx.startAgain();
      }
      await diesLate;
    },
    { limitMs: 40_000 },
  );

  behaviour(
    'post-once',
    'an order is never sent twice',
    {
      because:
        'The instance may have stored the order before its connection broke. Whoever gets it next stores it once more.',
      lookAt: 'what does proxy_next_upstream allow for requests that are not idempotent?',
    },
    async (t) => {
      for (const gate of t.nginx.gates) gate.decide(({ method }) => (method === 'POST' ? 'break' : 'pass'));
      for (let n = 1; n <= 3; n++) {
        // Else it has no instance left to ask: it leaves one that has failed alone for a while.
        await t.nginx.startAgain();
        t.nginx.forget();
        const reply = await ask(t.url, '/orders', order());
        const posts = t.nginx.seen().filter(isPost);
        t.require(posts.length === 1, {
          step: `POST /orders, whose connection breaks once Node has it: ${inWords(reply)}`,
          expected: 'one POST to Node',
          seen: `${posts.length}${posts.length > 1 ? `, to instances ${posts.map(({ instance }) => instance).join(' and ')}` : ''}`,
        });
        t.require(reply.status === 0 || reply.status >= 500, {
          step: 'POST /orders, whose connection breaks once Node has it',
          expected: '502',
          seen: inWords(reply),
          because: 'Nobody knows whether this order is stored, and the customer is told that it is.',
        });
      }
    },
  );

  slowBehaviour(behaviour);
}

const isPost = ({ method }: SeenRequest) => method === 'POST';

const copies = 3;
const bursts = 2;

/** Each several times at once: some come to the instance that dies before nginx knows of it. */
async function everyGet(t: Stage, when: string): Promise<void> {
  let answered = 0;
  for (let burst = 0; burst < bursts; burst++) {
    const gets = Array.from({ length: copies }, newGetsOfAll).flat();
    const replies = await Promise.all(
      gets.map(async ({ path, headers }) => ({ path, headers, reply: await ask(t.url, path, { headers }) })),
    );
    for (const one of replies) mustBeAnswered(t, when, one);
    answered += replies.length;
  }
  t.step(`${when}: ${answered} GETs, all answered`);
}
