import type { Instance, Stage } from '../harness/sdk/index.ts';
import { Client, type ClientOptions } from './client.ts';
import { exports, failedLogins, type Limit, newAccount, newAddress, reads } from './limits.ts';
import { noAnswer } from './sure.ts';

const windowS = 60;

/** A server must take a target with the host in it, too: RFC 9112, section 3.2.2. */
const site = 'http://encore.example';
/** Other ways to write the paths. A router may take them for the same, or not know them. */
const spellings = new Map([
  [
    reads,
    [
      ...['/EVENTS', '/Events/1', '/events/', '/events/3/', '/events/%33', '/event%73', '/%65vents/3', '//events'],
      ...[`${site}/events`, `${site}/events/3`, `${site.toUpperCase()}/EVENTS/?city=oslo`],
    ],
  ],
  [failedLogins, ['/LOGIN', '/login/', '/logi%6E', '/login?again', `${site}/login`, `${site}/Login/?again`]],
  [exports, ['/EXPORTS', '/exports/', '/export%73', '/exports?again', `${site}/exports`, `${site}/Exports/?again`]],
]);

/** Of no event. By the table each is a 404, and a read. */
const oddIds = ['/events/a.b', '/events/%C3%BC%20x', '/events/__proto__', '/events/0'];

/** Whoever has used up a limit gets nothing by writing the path another way. Not judged where the app has no such route. */
export async function mustCountEverySpelling(
  t: Stage,
  limit: Limit,
  who: Omit<ClientOptions, 'apps' | 'windowS'>,
): Promise<void> {
  const known: string[] = [];
  for (const path of spellings.get(limit) ?? []) if (await isKnown(t, t.app(1), limit, path)) known.push(path);
  if (limit === reads) known.push(...oddIds);
  const request: Limit['request'] = (n, username) => {
    const usual = limit.request(0, username);
    return { ...usual, path: known[n - limit.most] ?? usual.path };
  };
  const client = new Client(t, { ...limit, request }, { apps: [t.app(1), t.app(2)], windowS, ...who });
  await client.asks(limit.most);
  for (const path of known) {
    await client.ask();
    client.mustNotPassMore(`${limit.most} ${limit.what}, and one more to ${path}`, {
      because: oddIds.includes(path)
        ? `The app does not count ${path} with the others. Whoever asks for such ids has no limit.`
        : `The app answers ${path} like ${limit.request(0, '').path}, and does not count it with the others. Whoever writes the path another way has no limit.`,
      lookAt: 'what decides whether a request is counted: the router, or a comparison of the path?',
    });
  }
}

/** By the answer that shows the route and that nobody counts: somebody new reads, or guesses, or has no token. */
async function isKnown(t: Stage, at: Instance, limit: Limit, path: string): Promise<boolean> {
  const { length } = t.trail;
  const { method, body } = limit.request(0, newAccount());
  const headers = { 'x-forwarded-for': newAddress() };
  const answer = await t.visitor({ at }).send(method, path, body, { headers, unanswered: noAnswer });
  t.trail.retell(length);
  if (limit !== reads) return answer.is(401);
  return answer.is(200) && (Array.isArray(answer.json) || typeof answer.json?.id === 'string');
}
