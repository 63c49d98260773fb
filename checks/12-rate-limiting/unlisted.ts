import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { Client, type ClientOptions } from './client.ts';
import { exports, failedLogins, type Limit, newAccount, newAddress, reads } from './limits.ts';
import { newUser } from './new-users.ts';
import { noAnswer, noteIfLate, untilSure } from './sure.ts';
import { together } from './together.ts';

const windowS = 60;

/** Near the routes of a limit, and in the README's table neither as they are nor by the words on spellings. */
const unlisted: [limit: Limit, requests: string[]][] = [
  [
    reads,
    [
      'OPTIONS /events',
      'OPTIONS /events/3',
      'POST /events',
      'DELETE /events/3',
      'GET /events/3/photos',
      'GET /events-of-today',
    ],
  ],
  [failedLogins, ['OPTIONS /login', 'PUT /login', 'POST /login/again']],
  [exports, ['OPTIONS /exports', 'GET /exports', 'POST /exports/today']],
];

type Who = Pick<ClientOptions, 'from' | 'token' | 'username'> & { from: string };

/** Line 1, of what counts nowhere. How it is answered is the app's affair. */
export function unlistedBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'unlisted',
    'only what the README’s table lists is counted or refused',
    {
      because: 'A limit is for what the table lists. A request that is not in it costs nobody a place.',
      lookAt: 'which methods and which paths does each limiter stand in front of?',
    },
    async (t) => {
      for (const [limit, requests] of unlisted) {
        for (const request of requests)
          await untilSure(t, async () => mustNotCount(t, limit, request, await somebodyNew(t, limit)));
        await untilSure(t, async () => mustNotRefuse(t, limit, requests, await somebodyNew(t, limit)));
      }
    },
  );
}

async function somebodyNew(t: Stage, limit: Limit): Promise<Who> {
  const user = limit === exports ? await newUser(t, 'margaret') : undefined;
  if (user && !user.isNew) await t.redis.clear(); // A customer may have exported before.
  return { from: newAddress(), username: newAccount(), ...(user ? { token: user.token } : {}) };
}

async function mustNotCount(t: Stage, limit: Limit, request: string, who: Who): Promise<void> {
  await together(Array.from({ length: limit.most }, (_, n) => send(t, limit, request, who, n)));
  const client = new Client(t, limit, { apps: appsOf(t), windowS, ...who });
  await client.asks(limit.atLeast);
  client.mustPassWhatMay(`${limit.most} × ${request}, and ${limit.atLeast} ${limit.what} of the same client`, {
    because: `The app counts requests that are none of its ${limit.what}. ${whoPays(request)}`,
    lookAt: `which limiter does ${request} pass, and does it look at the method and at the whole path?`,
  });
}

/** Somebody who has used up the limit asks for each of them, on both instances. */
async function mustNotRefuse(t: Stage, limit: Limit, requests: string[], who: Who): Promise<void> {
  await new Client(t, limit, { apps: appsOf(t), windowS, ...who }).asks(limit.most);
  for (const [n, request] of requests.flatMap((one) => [one, one]).entries()) {
    const status = await send(t, limit, request, who, n);
    t.require(status !== 429, {
      step: `${limit.most} ${limit.what}, and ${request} of the same client`,
      expected: 'any answer but a 429',
      seen: '429',
      because: request.startsWith('OPTIONS')
        ? 'The browser asks OPTIONS by itself, and takes a 429 for a no to the other origin. Its page never sees the 429 that was meant for it.'
        : `The limit is on ${limit.what}, and this is none of them.`,
      lookAt: `which limiter does ${request} pass, and does it look at the method and at the whole path?`,
    });
  }
}

function whoPays(request: string): string {
  if (request.startsWith('OPTIONS'))
    return 'The browser asks OPTIONS by itself, before a request to another origin: its customer pays twice.';
  return 'Whoever sends them is locked out of what the limit is for.';
}

const appsOf = (t: Stage): Instance[] => [t.app(1), t.app(2)];

/** With the body and the token that the limit's own requests have. Leaves no step in the trail. */
async function send(t: Stage, limit: Limit, request: string, who: Who, n: number): Promise<number> {
  const { length } = t.trail;
  const [method = '', path = ''] = request.split(' ');
  const body = method === 'GET' ? undefined : limit.request(n, String(who.username)).body;
  const headers = { 'x-forwarded-for': who.from, ...(who.token ? { authorization: `Bearer ${who.token}` } : {}) };
  const at = appsOf(t)[n % 2] as Instance;
  const answer = await t.visitor({ at }).send(method, path, body, { headers, unanswered: noAnswer });
  noteIfLate(t, answer);
  t.trail.retell(length);
  return answer.status;
}
