import { type CheckDefinition, excerpt, type Stage } from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import { forgedOf } from './identity.ts';
import { newAddress, reads, tokenOf, untilCounting } from './limits.ts';
import { refusedTooEarly } from './one-client.ts';
import { mustCountEverySpelling } from './spellings.ts';
import { noAnswer, noteIfLate, untilSure } from './sure.ts';

const windowS = 60;

export function routesBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'routes',
    'the routes answer as the README’s table says',
    {
      because: 'A route does not answer as the table in the README says.',
      lookAt: 'what does a middleware in front of this route do with the request?',
    },
    async (t) => {
      await untilCounting(t, t.app(1), t.app(2));
      await untilSure(t, async () => {
        await t.redis.clear(); // Through the balancer they all come from one address.
        await askEach(t);
      });
    },
  );
}

function withoutVariable(name: string) {
  return {
    lookAt: `what does a middleware in front of this route do with the request, and with a ${name} that is not set?`,
  };
}

/** Each route once, and what it refuses. */
async function askEach(t: Stage): Promise<void> {
  const headers = { 'x-forwarded-for': newAddress() };
  const options = { headers, unanswered: noAnswer };
  const visitor = t.visitor();
  (await visitor.get('/health', options)).mustBe(200);
  const list = (await visitor.get('/events', options)).mustBe(200);
  t.require(Array.isArray(list.json) && list.json.length === 6, {
    expected: 'six events',
    seen: excerpt(list.text),
  });
  const one = (await visitor.get('/events/3', options)).mustBe(200);
  t.require(one.json?.id === '3', { expected: 'event 3', seen: excerpt(one.text) });
  (await visitor.get('/events/none', options)).mustBe(404);
  const post = async (path: string, body?: object, more = {}) => {
    const answer = await visitor.post(path, body, { ...options, headers: { ...headers, ...more } });
    noteIfLate(t, answer);
    return answer;
  };
  (await post('/login', { username: 'ada', password: 7 })).mustBe(400, withoutVariable('LOGIN_WINDOW_S'));
  for (const password of ['no', ''])
    (await post('/login', { username: 'ada', password })).mustBe(401, withoutVariable('LOGIN_WINDOW_S'));
  (await post('/exports')).mustBe(401);
  const token = await tokenOf(t, 'ada');
  (await post('/exports', undefined, { authorization: `Bearer ${forgedOf(token, 0)}` })).mustBe(401);
  const authorization = `Bearer ${token}`;
  const made = (await post('/exports', undefined, { authorization })).mustBe(202, withoutVariable('EXPORT_WINDOW_S'));
  t.require(made.json?.username === 'ada' && typeof made.json?.export === 'string', {
    expected: '{"export":"…","username":"ada"}',
    seen: excerpt(made.text),
  });
}

export function sharedBehaviour(behaviour: CheckDefinition['behaviour']): void {
  const tooMany = {
    because:
      'What one instance or one route counts, another does not know. Each of them gives the client ten, and nobody adds them up.',
    lookAt: 'where is the count kept, under which key, and who can read it there?',
  };
  behaviour(
    'shared',
    'a client gets ten reads over all instances and routes, and the eleventh is refused',
    tooMany,
    async (t) => {
      const apps = [t.app(1), t.app(2)];
      await untilCounting(t, ...apps);
      await untilSure(t, async () => {
        const client = new Client(
          t,
          { ...reads, request: () => ({ method: 'GET', path: '/events' }) },
          { apps: [t.app(1)], from: newAddress(), windowS },
        );
        await client.asks(12);
        client.mustBeLimited('GET /events 12 times on instance 1', { tooMany: lost, tooFew: refusedTooEarly });
      });
      for (const [asked, how] of [
        [
          [t.app(1), t.app(2)],
          'GET /events, /events/3, /events/none and /events?city=oslo, 12 times, each on both instances in turn',
        ],
        [
          [...Array(8).fill(t.app(2)), ...Array(8).fill(t.app(1))],
          'GET of the same, 8 times on instance 2 and 8 times on instance 1',
        ],
      ] as const) {
        await untilSure(t, async () => {
          const client = new Client(t, reads, { apps: [...asked], from: newAddress(), windowS });
          await client.asks(Math.max(12, asked.length));
          client.mustBeLimited(how, { tooMany, tooFew: refusedTooEarly });
        });
      }
      await untilSure(t, () => mustCountWhatIsNotModified(t));
      await untilSure(t, () => mustCountEverySpelling(t, reads, { from: newAddress() }));
    },
  );
}

/** Whatever the status: a 304 is an answer to a read, too. Not judged of an app that gives no ETag. */
async function mustCountWhatIsNotModified(t: Stage): Promise<void> {
  const { length } = t.trail;
  const first = await t
    .visitor()
    .get('/events', { headers: { 'x-forwarded-for': newAddress() }, unanswered: noAnswer });
  t.trail.retell(length);
  const { etag } = first.headers;
  if (!etag) return;
  const client = new Client(
    t,
    { ...reads, request: () => ({ method: 'GET', path: '/events' }) },
    { apps: [t.app(1), t.app(2)], from: newAddress(), headers: () => ({ 'if-none-match': etag }), windowS },
  );
  await client.asks(14);
  client.mustBeLimited(`GET /events with If-None-Match: ${etag}, 14 times, on both instances in turn`, {
    tooMany: {
      because: 'A read that is answered with a 304 is not counted. Whoever sends back the ETag has no limit.',
      lookAt: 'does the status of an answer decide whether its request counts?',
    },
    tooFew: refusedTooEarly,
  });
}

const lost = {
  because: 'Not even on one instance and one route is each request counted: some leave nothing that can be counted.',
  lookAt: 'what does a request leave in the store, and can two requests leave the same?',
};
