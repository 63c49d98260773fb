import { type CheckDefinition, keptConnections, type Stage } from '../harness/sdk/index.ts';
import { ask, askAll, OpenRequest, order, type Question } from './ask.ts';
import { baseline, http, httpLabels, mustBeA, mustCount, within } from './counting.ts';
import { Pipelined } from './pipelined.ts';
import { type Counts, type Scrape, scrape } from './scrape.ts';

const none = 'none';
/** By the contract. */
const mostNewSeries = 5;

export function countBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'counts',
    'each request is counted once, with its method, its route and its status',
    {
      because: 'The counts are not those of the requests that were sent.',
      lookAt: 'when is a request counted, and where do its labels come from?',
    },
    countsEach,
  );

  behaviour(
    'hung-up',
    'requests whose clients hang up are counted as 499',
    {
      because: 'The client has gone, and a request that nobody counts looks as if it had never come.',
      lookAt: 'which event comes when the client hangs up, and what is in it a status?',
    },
    countsThoseWhoLeave,
  );

  behaviour(
    'invented',
    'a thousand invented paths, queries and headers add five series at the most',
    {
      because:
        'Each label set is a series of its own, and stays in the memory of the app and of Prometheus. A scanner makes thousands of them.',
      lookAt: 'what can a stranger write into a label?',
    },
    countsStrangers,
  );
}

/** Express takes all but the last of these for paths of the table, unless it is told not to. */
const writtenOtherwise = [
  ['/HEALTH', '/health'],
  ['/health/', '/health'],
  ['/Seats', '/seats'],
  ['/EVENTS', '/events'],
  ['/Events/?city=oslo', '/events'],
  ['/events/', '/events'],
  ['/EVENTS/1', '/events/:id'],
  ['/eVeNtS/17/', '/events/:id'],
  ['/events/299/?x=/events', '/events/:id'],
  ['//events/1', '/events/:id'],
] as const;

async function countsEach(t: Stage): Promise<void> {
  const app = t.app();
  await mustBeA(t, app, 'histogram', http, {
    because:
      'Of a histogram the buckets of all workers can be added up, and a quantile be read from their sum. Quantiles can’t be added, and an average hides the slow ones.',
    lookAt: 'which kind of metric is it, and what is it called?',
  });
  const before = await baseline(t, app);
  const grows: Record<string, number> = {};
  const questions: { question: Question; route: string }[] = [];
  const send = (times: number, method: string, path: string, route: string, more: Question[2]) => {
    for (let n = 0; n < times; n++) questions.push({ question: [method, path, more], route });
  };
  /** All at the same time: what one leaves behind must not get into the labels of another. */
  const flush = async () => {
    const asked = questions.splice(0);
    const replies = await askAll(
      t,
      app,
      asked.map(({ question }) => question),
    );
    for (const [n, { question, route }] of asked.entries()) {
      const [method, , { or }] = question;
      const status = replies[n]?.status;
      // An app that takes no such path for one of its own answers as to any other.
      const key = `${method} ${status === or ? none : route} ${status}`;
      grows[key] = (grows[key] ?? 0) + 1;
    }
  };
  send(5, 'GET', '/health', '/health', { status: 200 });
  send(3, 'GET', '/events?city=oslo', '/events', { status: 200 });
  send(2, 'GET', '/events', '/events', { status: 200 });
  for (const id of ['1', '17', '299']) send(2, 'GET', `/events/${id}`, '/events/:id', { status: 200 });
  send(2, 'HEAD', '/events/3', '/events/:id', { status: 200 });
  send(3, 'GET', '/events/none', '/events/:id', { status: 404 });
  send(2, 'GET', '/seats', '/seats', { status: 200 });
  send(3, 'POST', '/orders', '/orders', { status: 201, body: order });
  send(2, 'POST', '/orders', '/orders', { status: 400, body: { seats: 100 } });
  send(1, 'POST', '/orders', '/orders', { status: 400, body: 'no object' }); // The parser refuses it.
  send(1, 'POST', '/orders', '/orders', { status: 404, body: { event: 'none', seats: 1 } });
  send(1, 'POST', '/orders', '/orders', {
    status: 502,
    body: order,
    headers: { authorization: 'Bearer nobody' },
  });
  for (const path of ['/', '/admin.php?x=1', '/events/1/none', '/__proto__', '/orders'])
    send(1, 'GET', path, none, { status: 404 });
  send(1, 'DELETE', '/events/1', none, { status: 404 });
  for (const [path, route] of writtenOtherwise) send(1, 'GET', path, route, { status: 200, or: 404 });
  for (const path of ['/ORDERS', '/Orders/']) send(1, 'POST', path, '/orders', { status: 201, or: 404, body: order });
  await flush();
  await t.supplier.fail({ how: 503 });
  send(2, 'GET', '/events/7', '/events/:id', { status: 502 });
  send(1, 'GET', '/seats', '/seats', { status: 502 });
  send(1, 'GET', '/events', '/events', { status: 502 });
  send(1, 'GET', '/Events/7', '/events/:id', { status: 502, or: 404 });
  send(1, 'GET', '/SEATS', '/seats', { status: 502, or: 404 });
  await flush();
  await t.supplier.heal();
  const sent = Object.values(grows).reduce((sum, count) => sum + count, 0);
  t.step(`${sent} requests to all routes, each over a connection of its own`);
  const teaching = (grown: Counts) => whatIsWrong(grows, grown);
  await mustCount(t, app, { metric: http, labels: httpLabels, before, grows, teaching });
}

/** What the figures themselves say about how they came to be. */
function whatIsWrong(grows: Record<string, number>, grown: Counts) {
  const keys = Object.keys(grows);
  const routes = new Set(keys.map((key) => key.split(' ')[1]));
  const strange = [...grown.keys()].find((key) => !routes.has(key.split(' ')[1]));
  const total = [...grown.values()].reduce((sum, by) => sum + by, 0);
  const sent = Object.values(grows).reduce((sum, by) => sum + by, 0);
  if (total === 0) return { because: 'None of these requests was counted within a second.' };
  if (keys.every((key) => grown.get(key) === 2 * (grows[key] ?? 0)))
    return { because: 'Each request is counted twice.', lookAt: 'how many events of an answer lead to a count?' };
  if (strange)
    return {
      because: `A route "${strange.split(' ')[1]}" is not in the README’s table. Only the pattern puts all requests of a route together, also of a router that is mounted somewhere, also when the request fails, and in capitals, too.`,
      lookAt: 'what does Express know of the route at the moment when the request is counted?',
    };
  if (total < sent && total <= 0.75 * sent)
    return {
      because: `${sent} requests were sent, and ${total} were counted in this scrape.`,
      lookAt: 'which requests never come to the line that counts, and whose counts are in a scrape?',
    };
  return {};
}

async function countsThoseWhoLeave(t: Stage): Promise<void> {
  const app = t.app();
  const before = await baseline(t, app);
  await t.supplier.reset();
  await t.supplier.setLatency(60_000);
  const grows = {
    'GET /events/:id 499': 5,
    'POST /orders 499': 6,
    'GET /seats 499': 1,
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
  // The supplier has been asked for each, so the app is in the middle of all of them.
  await t.until('the supplier to be asked', async () => (await t.supplier.heard()).length > held.length);
  for (const [n, request] of [...held, ...uploads].entries()) request.hangUp(n % 2 ? 'RST' : 'FIN');
  piped.hangUp();
  t.step(
    `${held.length + uploads.length} requests: the client hangs up while the supplier is asked, or in the middle of its body; and 4 on one connection, whose client hangs up before the first of them is answered`,
  );
  const asIfAnswered = (grown: Counts) =>
    [...grown.keys()].some((key) => / \d\d\d$/.test(key) && !key.endsWith(' 499'))
      ? {
          because:
            'Nobody got this status: the client had gone before there was an answer. Counted that way, a page that people give up on looks like a good one.',
          lookAt: 'what does the app know of an answer that was not sent to its end?',
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

async function countsStrangers(t: Stage): Promise<void> {
  const app = t.app();
  const first = await baseline(t, app);
  const kinds: Question[] = [
    ['GET', '/nothing', { status: 404 }],
    ['GET', '/events/none', { status: 404 }],
    ['GET', '/events?city=nowhere', { status: 200 }],
  ];
  await askAll(t, app, kinds);
  const oneEach = { 'GET none 404': 1, 'GET /events/:id 404': 1, 'GET /events 200': 1 };
  const before = await mustCount(t, app, { metric: http, labels: httpLabels, before: first, grows: oneEach });
  const questions = Array.from({ length: 1_000 }, (_, n): Question => {
    const paths = [`/${n}-x`, `/events/${n}/x`, `/orders/${n}`, `/wp/${n}.php?n=${n}`, `/events/none-${n}`];
    const path = n % 10 === 9 ? `/events?city=nowhere-${n}&n${n}=1` : String(paths.at(n % 5));
    // Whatever else a stranger can write.
    const headers = { 'user-agent': `scanner-${n}`, referer: `http://${n}.example/`, 'x-request-id': `${n}` };
    return ['GET', path, { status: n % 10 === 9 ? 200 : 404, headers }];
  });
  const agent = keptConnections(8);
  try {
    const left = questions.values();
    const visitor = async () => {
      for (const [method, path, more] of left) await ask(t, app, method, path, { ...more, agent });
    };
    await Promise.all(Array.from({ length: 8 }, visitor));
  } finally {
    agent.destroy();
  }
  t.step('1,000 requests for paths that no route or no event has, or with queries that nobody knows');
  const grows = { 'GET none 404': 800, 'GET /events/:id 404': 100, 'GET /events 200': 100 };
  const seriesMore = (now: Scrape) =>
    [...now.seriesByMetric()].map(([name, count]) => [name, count - (before.seriesByMetric().get(name) ?? 0)] as const);
  const total = (now: Scrape) => (now.total(`${http}_count`) ?? 0) - (before.total(`${http}_count`) ?? 0);
  const now =
    (await within(t, 'the counts', async () => {
      const now = await scrape(t, app);
      return total(now) >= questions.length || seriesMore(now).some(([, more]) => more > mostNewSeries)
        ? now
        : undefined;
    })) ?? (await scrape(t, app));
  const [name, more] = seriesMore(now).reduce((most, next) => (next[1] > most[1] ? next : most), ['', 0] as const);
  t.require(more <= mostNewSeries, {
    expected: `at most ${mostNewSeries} more series of each metric`,
    seen: `${more} more of ${name}`,
  });
  await mustCount(t, app, { metric: http, labels: httpLabels, before, grows });
}
