import { type CheckDefinition, disturbs, MachineWatch, type SeenRequest, type Stage } from '../harness/sdk/index.ts';
import { ask, inTurns, inWords, order, type Question } from './ask.ts';

const mostConnections = 20;
let drawn = 0;

/** Questions that reach Node whatever nginx keeps: none is asked twice. */
const questions: ((n: number) => [path: string, question?: Question])[] = [
  (n) => [`/events?n=${n}`],
  (n) => [`/events/oslo?n=${n}`],
  (n) => [`/orders/none-${n}`],
  (n) => [`/whoami?n=${n}`],
  () => ['/orders', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"event":"none"}' }],
];

/** Without the orders, of which an edge may allow an address only so many. */
const gets = questions.slice(0, 4);

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

  behaviour(
    'kept',
    `500 requests to Node open at most ${mostConnections} connections`,
    {
      because:
        'A connection to Node is opened for each request or for a few, and closed again. Each costs a handshake and an accept in the event loop.',
      lookAt:
        'what does nginx send to the app as its HTTP version and its Connection header, how many idle connections may the upstream keep, and after how many requests does either side close one?',
    },
    async (t) => {
      const opened = await askFiveHundred(t);
      t.step(`500 requests by 4 clients, of which ${t.nginx.seen().length} reached Node`);
      t.require(t.nginx.seen().length >= 200, {
        expected: 'requests that differ to reach Node',
        seen: `${t.nginx.seen().length} of 500 did`,
        because: 'nginx answered what it had not asked for yet.',
        lookAt: 'what does nginx keep, and by which key?',
      });
      t.atMost('connections that nginx opened to Node', opened, mostConnections, '');
    },
  );

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
        'The instance may have stored the order before its connection broke. A second instance stores it once more.',
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
      const nginx = await t.startService('nginx');
      for (const { door } of nginx.gates) door.holdReplies();
      const asked = performance.now();
      const [get, post] = await Promise.all([
        ask(nginx.url, '/events/oslo', { withinMs: lateMs, once: true }),
        ask(nginx.url, '/orders', { ...order(), withinMs: lateMs }),
      ]);
      t.step(
        `Node takes requests and answers none; after ${((performance.now() - asked) / 1_000).toFixed(1)} s both have an end`,
      );
      for (const [what, reply] of [
        ['GET /events/oslo', get],
        ['POST /orders', post],
      ] as const)
        t.require(reply.status === 504, { step: what, expected: '504 within 6 s', seen: inWords(reply) });
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

/**
 * How many connections 500 requests open. Where a machine made an answer late, nginx closes its connection, and leaves that
 * instance alone for ten seconds: then all are asked again.
 */
async function askFiveHundred(t: Stage): Promise<number> {
  const watch = new MachineWatch();
  let late = 0;
  for (let tries = 1; tries <= 3; tries++) {
    const before = t.nginx.connections().soFar;
    late = 0;
    t.nginx.forget();
    await inTurns(4, 500, async (_, agent) => {
      const n = ++drawn;
      const [path, question] = gets[n % gets.length]?.(n) ?? ['/whoami'];
      const { status } = await ask(t.url, path, { ...question, agent, once: true });
      if (status === 0 || status >= 500) late++;
    });
    const opened = t.nginx.connections().soFar - before;
    if (late === 0) return opened;
    await t.nginx.startAgain();
  }
  if (disturbs(watch.otherCoresBusy()))
    t.inconclusive('three times an instance could not answer in time on a machine that other programs kept busy');
  t.require(false, {
    step: '500 requests by 4 clients',
    expected: 'an answer of the desk to each',
    seen: `${late} times none, or one above 500`,
    because: 'Both instances work, and nginx got no answer from them.',
    lookAt: 'for how long does nginx wait, and which idle connections does it keep for longer than Node does?',
  });
  return Number.POSITIVE_INFINITY;
}

/** Twice what the contract allows: a busy machine may be late. */
const lateMs = 12_000;

const isPost = ({ method }: SeenRequest) => method === 'POST';

async function everyGet(t: Stage, times: number, when: string): Promise<void> {
  for (let done = 0; done < times; done += 4) {
    const replies = await Promise.all(
      gets.map(async (questionOf) => {
        const [path] = questionOf(++drawn);
        return { path, reply: await ask(t.url, path) };
      }),
    );
    for (const { path, reply } of replies)
      t.require(reply.status === 200 || (reply.status === 404 && path.startsWith('/orders/')), {
        step: `${when}: GET ${path}`,
        expected: 'an answer of the other one',
        seen: inWords(reply),
      });
  }
  t.step(`${when}: ${times} GETs, all answered`);
}
