import { type CheckDefinition, excerpt, type Stage } from '../harness/sdk/index.ts';
import { Client } from './client.ts';
import { exports, failedLogins, newAddress, reads, tokenOf, untilCounting } from './limits.ts';
import { noteIfLate, untilSure } from './sure.ts';

const windowS = 60;
const crowd = 50;
/** There and back: a limiter that counts first and adds later has many counting before the first has added. */
const redisRoundTripMs = 20;

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
      const token = await tokenOf(t, 'ada');
      await untilSure(t, () => askEach(t, token));
    },
  );
}

/** Each route once, and what it refuses. */
async function askEach(t: Stage, token: string): Promise<void> {
  const headers = { 'x-forwarded-for': newAddress() };
  const visitor = t.visitor();
  (await visitor.get('/health', { headers })).mustBe(200);
  const list = (await visitor.get('/events', { headers })).mustBe(200);
  t.require(Array.isArray(list.json) && list.json.length === 6, {
    expected: 'six events',
    seen: excerpt(list.text),
  });
  const one = (await visitor.get('/events/3', { headers })).mustBe(200);
  t.require(one.json?.id === '3', { expected: 'event 3', seen: excerpt(one.text) });
  (await visitor.get('/events/none', { headers })).mustBe(404);
  const post = async (path: string, body?: object, more = {}) => {
    const answer = await visitor.post(path, body, { headers: { ...headers, ...more } });
    noteIfLate(t, answer);
    return answer;
  };
  (await post('/login', { username: 'ada', password: 7 })).mustBe(400);
  (await post('/login', { username: 'ada', password: 'no' })).mustBe(401);
  (await post('/exports')).mustBe(401);
  const authorization = `Bearer ${token}`;
  const made = (await post('/exports', undefined, { authorization })).mustBe(202);
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
    },
  );
}

const lost = {
  because: 'Not even on one instance and one route is each request counted: some leave nothing that can be counted.',
  lookAt: 'what does a request leave in the store, and can two requests leave the same?',
};

export const refusedTooEarly = {
  because:
    'This client has hardly asked, and is refused. It pays for somebody else’s requests, or for other requests of its own.',
  lookAt: 'which requests share a key in the store, and which of them belong together?',
};

export function atOnceBehaviour(behaviour: CheckDefinition['behaviour']): void {
  const teaching = {
    because:
      'All of them were counted before the first was added. Between a look at the count and the change of it, every other request of the crowd looks, too, on every instance.',
    lookAt: 'how many commands to Redis does one decision take, and what can happen between them?',
  };
  behaviour(
    'at-once',
    `of ${crowd} requests at once, over both instances, only as many pass as may`,
    teaching,
    async (t) => {
      const apps = [t.app(1), t.app(2)];
      await untilCounting(t, ...apps);
      const token = await tokenOf(t, 'linus');
      t.redis.delay(redisRoundTripMs);
      for (const limit of [reads, failedLogins, exports]) {
        await untilSure(t, async () => {
          await t.redis.clear();
          const client = new Client(t, limit, {
            apps,
            from: newAddress(),
            token: limit === exports ? token : undefined,
            windowS,
          });
          await client.asks(crowd, { atOnce: true });
          return client.mustBeLimited(`${crowd} ${limit.what} of one client at once, over both instances`, {
            tooMany: teaching,
            tooFew: {
              because: 'Of a crowd fewer pass than may. Those that are refused take places, and have none.',
              lookAt: 'what does a refused request leave in the store?',
            },
          });
        });
      }
    },
  );
}
