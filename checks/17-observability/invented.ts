import { keptConnections, type Stage } from '../harness/sdk/index.ts';
import { ask, askAll, type Question } from './ask.ts';
import { baseline, http, httpLabels, mustCount, within } from './counting.ts';
import { type Scrape, scrape } from './scrape.ts';

/** By the contract. */
const mostNewSeries = 5;

export async function countsStrangers(t: Stage): Promise<void> {
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
    const path = n % 10 === 9 ? `/events?city=nowhere-${n}&n${n}=1&_method=X${n}` : String(paths.at(n % 5));
    // Whatever else a stranger can write.
    const headers = {
      host: `${n}.example`,
      'user-agent': `scanner-${n}`,
      referer: `http://${n}.example/`,
      origin: `http://${n}.example`,
      'x-request-id': `${n}`,
      'x-forwarded-for': `203.0.113.${n % 256}`,
      'accept-language': `x-${n}`,
      authorization: `Bearer nobody-${n}`,
      cookie: `session=${n}`,
      'x-http-method-override': `X${n}`,
      'x-method-override': `X${n}`,
      'x-http-method': `X${n}`,
      'x-original-url': `/${n}-x`,
      'x-rewrite-url': `/${n}-x`,
      'x-real-ip': `203.0.113.${n % 256}`,
      'x-forwarded-host': `${n}.example`,
      forwarded: `for=203.0.113.${n % 256};host=${n}.example`,
      'x-client-name': `scanner-${n}`,
      'x-correlation-id': `${n}`,
    };
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
