import type { CheckDefinition, SeenRequest, Stage } from '../harness/sdk/index.ts';
import { ask, inWords, order, type Question } from './ask.ts';
import { keptBehaviour } from './kept.ts';
import { newGets } from './new-gets.ts';

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
      const [first, second] = t.nginx.gates;
      for (const gate of [first, second]) {
        await gate?.door.cut();
        await everyGet(t, 40, 'an instance refuses connections');
        await gate?.door.restore();
        await t.nginx.startAgain();
        gate?.decide(({ method }) => (method === 'GET' ? 'break' : 'pass'));
        await everyGet(t, 20, 'an instance dies when it has the request');
        gate?.decide(undefined);
        await t.nginx.startAgain();
      }
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

  behaviour(
    'too-slow',
    'what Node does not answer is a 504 after some seconds, and no order is sent twice for it',
    {
      because:
        'nginx waits for Node for as long as proxy_read_timeout says, a minute by default. So does the customer.',
      lookAt: 'how long may nginx wait for one instance, and for all of them together?',
    },
    async (t) => {
      // One for each: an instance that has let the order wait is left alone for a while, and the GET would not ask it.
      const [forGet, nginx] = await Promise.all([t.startService('nginx'), t.startService('nginx')]);
      for (const { door } of [...forGet.gates, ...nginx.gates]) door.holdReplies();
      const timed = async (url: string, question: Question) => {
        const asked = performance.now();
        const reply = await ask(url, question.method ? '/orders' : '/events/oslo', { ...question, withinMs: lateMs });
        return { reply, seconds: (performance.now() - asked) / 1_000 };
      };
      const [get, post] = await Promise.all([timed(forGet.url, { once: true }), timed(nginx.url, order())]);
      t.step('Node takes requests and answers none');
      for (const [what, { reply, seconds }] of [
        ['GET /events/oslo', get],
        ['POST /orders', post],
      ] as const)
        t.require(reply.status === 504 && seconds <= endsWithinS, {
          step: what,
          expected: '504 within 6 s',
          seen: `${inWords(reply)} after ${seconds.toFixed(1)} s`,
        });
      const posts = nginx.seen().filter(isPost);
      t.require(posts.length === 1, {
        step: 'POST /orders',
        expected: 'one POST to Node',
        seen: `${posts.length}`,
        because: 'An instance that is slow may still store the order. The next one stores it again.',
        lookAt: 'what does proxy_next_upstream allow for requests that are not idempotent?',
      });
    },
    { background: true, limitMs: 40_000 },
  );
}

const lateMs = 12_000;
/** The contract's six, and a second for a busy machine: these are nginx's own timers, and it needs next to no CPU for them. */
const endsWithinS = 7;

const isPost = ({ method }: SeenRequest) => method === 'POST';

async function everyGet(t: Stage, times: number, when: string): Promise<void> {
  for (let done = 0; done < times; done += 4) {
    const replies = await Promise.all(newGets().map(async (path) => ({ path, reply: await ask(t.url, path) })));
    for (const { path, reply } of replies)
      t.require(reply.status === 200 || (reply.status === 404 && path.startsWith('/orders/')), {
        step: `${when}: GET ${path}`,
        expected: 'an answer of the other one',
        seen: inWords(reply),
      });
  }
  t.step(`${when}: ${times} GETs, all answered`);
}
