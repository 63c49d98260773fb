import type { Instance, Stage } from '../harness/sdk/index.ts';
import { ask, mustBe } from './ask.ts';
import { seatsOf } from './seats.ts';

const show = '5';
const paths = ['/shows', '/shows?city=Vienna', '/search?q=UNDA', `/shows/${show}`];

/**
 * Last-Modified counts seconds, and two orders come in one. A client that kept only the date asks with If-Modified-Since alone,
 * and then no ETag says that the answer is another one. Of an app that sends no such date nothing is asked.
 */
export async function orderedInTheSameSecond(t: Stage, app: Instance): Promise<void> {
  const order = async () => mustBe(t, await ask(t, app, 'POST', '/orders', { body: { show, seats: 1 } }), 201);
  for (const path of paths) {
    t.trail.begin();
    await order();
    const before = await ask(t, app, 'GET', path);
    mustBe(t, before, 200);
    const date = before.headers['last-modified'];
    if (!date) continue;
    await order();
    const after = await ask(t, app, 'GET', path, { headers: { 'if-modified-since': date } });
    t.trail.begin(`GET ${path}: last-modified: ${date}`);
    t.step('POST /orders at once', '201');
    const seats = Number(seatsOf(t, before, show)) - 1;
    t.require(after.status === 200 && seatsOf(t, after, show) === seats, {
      step: `GET ${path} with if-modified-since: ${date}`,
      expected: `200, and ${seats} seats left`,
      seen: String(after.status),
      because:
        'Last-Modified counts whole seconds, and two orders came within one. The app says that the list has not changed, and it has.',
      lookAt: 'how often can a list change in a second, and who tells If-Modified-Since so?',
    });
  }
}
