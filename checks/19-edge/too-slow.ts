import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, NginxHandle as Nginx, Stage } from '../harness/sdk/index.ts';
import { ask, inWords, order, type Question, type Reply } from './ask.ts';
import { ada } from './new-gets.ts';

const lateMs = 12_000;
/** The contract's six, and a second for a busy machine: these are nginx's own timers, and it needs next to no CPU for them. */
const endsWithinS = 7;
/** What was kept before is older than the contract allows by then. */
const oldMs = 2_300;

interface Timed {
  what: string;
  reply: Reply;
  seconds: number;
}

interface Get {
  path: string;
  headers?: Record<string, string>;
}

/** One for each kind of route. Each was asked before. */
const routes: Get[] = [
  { path: '/events/oslo' },
  { path: '/events' },
  { path: '/events?city=Vienna' },
  { path: '/events/oslo', headers: ada },
  { path: '/events/lisbon/seats.csv' },
  { path: '/waiting-room' },
  { path: '/orders/none' },
  { path: '/whoami' },
];

/** Of other routes none is asked: an instance that failed for those would be asked by nobody here. */
const same: Get[] = Array.from({ length: 8 }, () => ({ path: '/events/vienna' }));

export function slowBehaviour(behaviour: CheckDefinition['behaviour']): void {
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
      const services = await Promise.all(Array.from({ length: 5 }, () => t.startService('nginx')));
      const [forGet, forOrder, forSame, forRoutes, refusing] = services as [Nginx, Nginx, Nginx, Nginx, Nginx];
      for (const { door } of [forGet, forOrder, forSame].flatMap(({ gates }) => gates)) door.holdReplies();
      const [get, post, together, old, refused] = await Promise.all([
        timed(forGet, '/events/oslo', { once: true }),
        timed(forOrder, '/orders', order()),
        atOnce(forSame, same),
        onceOld(forRoutes, async (door) => door.holdReplies()),
        onceOld(refusing, (door) => door.cut()),
      ]);
      t.step('Node takes requests and answers none');
      for (const { what, reply, seconds } of [get, post])
        t.require(reply.status === 504 && seconds <= endsWithinS, {
          step: what,
          expected: '504 within 6 s',
          seen: `${inWords(reply)} after ${seconds.toFixed(1)} s`,
        });
      const posts = forOrder.seen().filter(({ method }) => method === 'POST');
      t.require(posts.length === 1, {
        step: 'POST /orders',
        expected: 'one POST to Node',
        seen: `${posts.length}`,
        because: 'An instance that is slow may still store the order. The next one stores it again.',
        lookAt: 'what does proxy_next_upstream allow for requests that are not idempotent?',
      });
      for (const one of together) mustGiveUp(t, one, `, ${same.length} at once`);
      for (const one of old) mustGiveUp(t, one, `, ${oldMs / 1_000} s after it was answered`);
      t.step('both instances refuse connections');
      for (const one of refused) mustGiveUp(t, one, `, ${oldMs / 1_000} s after it was answered`);
    },
    { background: true, limitMs: 40_000 },
  );
}

const atOnce = (nginx: Nginx, gets: Get[]) =>
  Promise.all(gets.map(({ path, headers = {} }) => timed(nginx, path, { headers, once: true })));

/** Some are asked once, and all are asked when that is old and something has happened to the ways to Node. */
async function onceOld(
  nginx: Nginx,
  happens: (door: Nginx['gates'][number]['door']) => Promise<void>,
): Promise<Timed[]> {
  for (const { path, headers = {} } of routes) await ask(nginx.url, path, { headers });
  await delay(oldMs);
  for (const { door } of nginx.gates) await happens(door);
  return atOnce(nginx, routes);
}

async function timed(nginx: Nginx, path: string, question: Question): Promise<Timed> {
  const asked = performance.now();
  const reply = await ask(nginx.url, path, { ...question, withinMs: lateMs });
  const what = `${question.method ?? 'GET'} ${path}${question.headers?.authorization ? ' with Authorization' : ''}`;
  return { what, reply, seconds: (performance.now() - asked) / 1_000 };
}

/** Once nginx has given up both instances for one client, it may tell the others at once. */
function mustGiveUp(t: Stage, { what, reply, seconds }: Timed, when: string): void {
  const seen = `${inWords(reply)} after ${seconds.toFixed(1)} s`;
  t.require(reply.status === 0 || reply.status >= 500, {
    step: `${what}${when}`,
    expected: '504 or 502',
    seen,
    because:
      'Node has answered nobody meanwhile. So this is what nginx has kept from before, and it is older than two seconds.',
    lookAt: 'in which cases may nginx give what it has kept for longer than its time?',
  });
  t.require(reply.status !== 0 && seconds <= endsWithinS, {
    step: `${what}${when}`,
    expected: '504 or 502, within 6 s',
    seen,
    because:
      'Several times may add up: the wait for the client who asked first for the same, then that for each instance that is asked.',
    lookAt: 'for how long may a client wait for the lock of the cache, and for how long for Node after that?',
  });
}
