import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { askAll, order, type Question } from './ask.ts';
import { baseline, http, httpLabels, mustBeA, mustCount } from './counting.ts';
import { countsThoseWhoLeave } from './hung-up.ts';
import { countsStrangers } from './invented.ts';
import type { Counts } from './scrape.ts';

const none = 'none';

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

/** The paths are in the table, the methods are not. */
const notOfTheTable = [
  ['DELETE', '/events/1'],
  ['POST', '/events/1'],
  ['POST', '/seats'],
  ['PATCH', '/health'],
  ['PUT', '/orders'],
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
      const key = `${method} ${status === or && status === 404 ? none : route} ${status}`;
      grows[key] = (grows[key] ?? 0) + 1;
    }
  };
  send(5, 'GET', '/health', '/health', { status: 200 });
  send(3, 'GET', '/events?city=oslo', '/events', { status: 200 });
  send(2, 'GET', '/events', '/events', { status: 200 });
  for (const id of ['1', '17', '299']) send(2, 'GET', `/events/${id}`, '/events/:id', { status: 200 });
  send(2, 'HEAD', '/events/3', '/events/:id', { status: 200 });
  for (const path of ['/health', '/seats', '/events']) send(1, 'HEAD', path, path, { status: 200 });
  // Express says 304 to who has an answer already, whatever status the handler had in mind. An app need not.
  const headers = { 'if-none-match': '*' };
  for (const path of ['/health', '/seats', '/events']) send(1, 'GET', path, path, { status: 304, or: 200, headers });
  send(1, 'GET', '/events/4', '/events/:id', { status: 304, or: 200, headers });
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
  for (const [method, path] of notOfTheTable) send(1, method, path, none, { status: 404 });
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
  if (keys.some((key) => key.endsWith(' 304') && !grown.has(key)))
    return {
      because:
        'Some clients had the answer already and got a 304, and another status was counted. Express chooses it when it sends the answer, after the handler.',
      lookAt: 'at which moment is the status read that is counted?',
    };
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
