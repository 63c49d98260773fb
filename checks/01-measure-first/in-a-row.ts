import { type Instance, keptConnections, type NoReply, plainRequest, type Stage } from '../harness/sdk/index.ts';
import { eventId, listingPath, type Reference } from './cities.ts';
import { mustBeTheSame } from './listings.ts';

const changes = 80;
const prices = [3_333, 77_777];
const city = 'Paris';

/**
 * One price changes many times, each change sent when the one before it was answered, on one connection. Some of them share
 * a millisecond: what tells old from new by the clock misses these.
 */
export async function changedInARow(t: Stage, app: Instance, reference: Reference): Promise<void> {
  const path = `/events/${eventId(city, 211)}/price`;
  const expected: string[] = [];
  for (const cents of prices) expected.push(await reference.changePrice(path, cents));
  const agent = keptConnections(1);
  try {
    for (let n = 0; n < changes; n++) {
      const cents = prices[n % 2] as number;
      const change = { method: 'PUT', body: { cents }, agent, withinMs: 20_000 };
      const answer = await plainRequest(new URL(path, app.url), change).catch((error: NoReply) => ({
        status: error.message,
        text: '',
        contentType: undefined,
      }));
      const step = `PUT ${path} {"cents":${cents}}, change ${n + 1} of ${changes}, each sent right after the answer to the last`;
      t.trail.begin();
      t.require(answer.status === 200, { step, expected: '200', seen: `${answer.status}` });
      t.step(step, '200');
      const { text, contentType } = answer;
      mustBeTheSame(t, { text, headers: { 'content-type': contentType } }, expected[n % 2] as string, {
        because:
          'The answer to a change shows an earlier price. This price changed several times within a moment, and not each of these changes was noticed. Two changes can have the same time, also to the millisecond.',
        lookAt:
          'how does your code know that what it keeps is out of date: by the price itself, or by when it was changed?',
      });
    }
  } finally {
    agent.destroy();
  }
  const listed = (await t.visitor({ at: app }).get(listingPath(city), { deadlineMs: 20_000 })).mustBe(200);
  mustBeTheSame(t, listed, await reference.listing(city));
  t.trail.begin();
}
