import type { Instance, Stage } from '../harness/sdk/index.ts';
import { ask, OpenRequest, order } from './ask.ts';
import { baseline, http, httpLabels, mustCount } from './counting.ts';
import { Pipelined } from './pipelined.ts';
import { type Counts, scrape } from './scrape.ts';

/** Who hangs up while the supplier is asked, in the middle of a body, behind another request, or behind answers. */
export async function countsThoseWhoLeave(t: Stage): Promise<void> {
  const app = t.app();
  const before = await baseline(t, app);
  await t.supplier.reset();
  await t.supplier.setLatency(60_000);
  const answered: Readonly<Record<string, number>> = { 'GET /health 200': 2, 'GET none 404': 1 };
  const grows = {
    ...answered,
    'GET /events/:id 499': 6,
    'POST /orders 499': 6,
    'GET /seats 499': 2,
    'GET /health 499': 1,
    'GET none 499': 1,
  };
  const held = await Promise.all([
    ...Array.from({ length: 4 }, () => OpenRequest.send(app, 'GET', '/events/9')),
    OpenRequest.send(app, 'GET', '/seats'),
    OpenRequest.send(app, 'POST', '/orders', { text: JSON.stringify(order), sent: 1_000 }),
  ]);
  const text = JSON.stringify(order);
  const uploads = await Promise.all(
    [8, 0, text.length - 1, 8].map((sent) => OpenRequest.send(app, 'POST', '/orders', { text, sent })),
  );
  const piped = new Pipelined(app);
  await piped.send(
    { method: 'GET', path: '/events/9' },
    { method: 'GET', path: '/health' },
    { method: 'GET', path: '/nothing' },
    { method: 'POST', path: '/orders', body: { seats: 100 } },
  );
  const kept = await answeredBefore(app, '/health', '/nothing');
  await kept.send({ method: 'GET', path: '/events/9' }, { method: 'GET', path: '/seats' });
  const idle = await answeredBefore(app, '/health');
  // The supplier has been asked for each, so the app is in the middle of all of them.
  await t.until('the supplier to be asked', async () => (await t.supplier.heard()).length >= held.length + 3);
  for (const [n, request] of [...held, ...uploads].entries()) request.hangUp(n % 2 ? 'RST' : 'FIN');
  for (const connection of [piped, kept, idle]) connection.hangUp();
  t.step(
    `${held.length + uploads.length} requests: the client hangs up while the supplier is asked, or in the middle of its body; and 4 on one connection, whose client hangs up before the first of them is answered; and 5 on two connections, whose clients hang up when 3 of them have been answered`,
  );
  /** Only those behind answers are missing. */
  const isShort = (grown: Counts) =>
    grown.get('GET /events/:id 499') === grows['GET /events/:id 499'] - 1 &&
    grown.get('GET /seats 499') === grows['GET /seats 499'] - 1;
  const asIfAnswered = (grown: Counts) =>
    [...grown].some(([key, by]) => / \d\d\d$/.test(key) && !key.endsWith(' 499') && by > (answered[key] ?? 0))
      ? {
          because:
            'Nobody got this status: the client had gone before there was an answer. Counted that way, a page that people give up on looks like a good one.',
          lookAt: 'what does the app know of an answer that was not sent to its end?',
        }
      : isShort(grown)
        ? {
            because:
              'Some of those who hung up are not counted. Their connection had carried requests before, and these had been answered.',
            lookAt: 'what does the app remember of a connection, and is it still true for the next request on it?',
          }
        : {};
  await mustCount(t, app, { metric: http, labels: httpLabels, before, grows, teaching: asIfAnswered });
  // Now the handlers get their answers and send what nobody reads.
  const later = await scrape(t, app);
  await t.supplier.release();
  await t.supplier.restore();
  await ask(t, app, 'GET', '/events/9', { status: 200 });
  const more = { 'GET /events/:id 200': 1 };
  await mustCount(t, app, { metric: http, labels: httpLabels, before: later, grows: more });
}

/** A kept connection on which these have been answered, one after the other. */
async function answeredBefore(app: Instance, ...paths: string[]): Promise<Pipelined> {
  const connection = new Pipelined(app);
  for (const path of paths) await connection.ask({ method: 'GET', path });
  return connection;
}
