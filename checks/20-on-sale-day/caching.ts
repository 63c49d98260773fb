import { setTimeout as delay } from 'node:timers/promises';
import { directivesIn, type Stage } from '../harness/sdk/index.ts';
import { type Asked, ask, header, jsonOf } from './ask.ts';
import { conclude, type Part } from './parts.ts';

const quietEvent = 50;
/** Nobody orders it, so that only its price changes. */
const pricedEvent = 49;
const freshWithinMs = 2_000;
const onTheWayMs = 1_500;
/** How long a shared cache may keep the programme. */
const longestS = 2;

export function cachingPart(part: Part): void {
  part(
    'caching',
    'HTTP caching',
    {
      points: 6,
      lessons: [6],
      because: 'Whoever has the list already gets all of it again, although nothing in it has changed.',
      lookAt: 'which headers say that an answer may be kept, and who answers If-None-Match?',
    },
    async (t, minute) => {
      const { asked, customers } = minute;
      const conditional = asked.filter(({ route, status }) => /^GET \/events/.test(route) && status === 304).length;
      const paths = ['/events', `/events/${quietEvent}`];
      const notModified: string[] = [];
      for (const path of paths) if (!(await isNotModified(t.url, path))) notModified.push(`GET ${path}`);
      const lifetimes = await Promise.all(
        paths.map(async (path) => ({ path, ...lifetimeOf(await ask(t.url, { path })) })),
      );
      const tooLong = lifetimes.filter(({ shownS }) => shownS > longestS);
      const tooShort = lifetimes.filter(({ freshS }) => freshS < 1);
      const [customer] = customers.filter(({ isLoggedIn }) => isLoggedIn);
      const [staleMs, oldPrice] = await Promise.all([customer && staleFor(t.url, customer), keepsOldPrice(t)]);
      t.step(`${conditional} answers of the minute were 304; then each list was asked for again with its ETag`);
      conclude(t, minute, [
        {
          worth: 0.4,
          share: 1 - notModified.length / 2,
          seen: `${notModified.join(' and ')} with the ETag just received was no 304`,
          good: `${conditional} answers were 304`,
        },
        {
          worth: 0.3,
          share: 1 - (tooLong.length + tooShort.length) / 2,
          seen: [
            ...(tooLong.length > 0
              ? [
                  `a shared cache may keep ${tooLong.map(({ path, shownS }) => `GET ${path} for ${shownS} s`).join(' and ')}, not for 1 or 2`,
                ]
              : []),
            ...(tooShort.length > 0
              ? [
                  `${tooShort.map(({ path }) => `GET ${path}`).join(' and ')} may not be kept for 1 or 2 s by a shared cache`,
                ]
              : []),
          ].join(', '),
          good: 'shared caches may keep the programme for a moment',
          because:
            tooLong.length > 0
              ? 'A cache goes on showing what it has: seats that are gone, and a price that has changed.'
              : 'Ten thousand requests for the same list all come to the shop, because no cache in front of it may keep an answer.',
        },
        {
          worth: 0.3,
          timed: oldPrice !== 'same tag',
          share: staleMs === undefined || oldPrice ? 0 : staleMs <= freshWithinMs + onTheWayMs ? 1 : 0,
          seen: oldPrice
            ? `GET /events/${pricedEvent} was still 304 more than ${freshWithinMs / 1_000} s after its price had changed`
            : staleMs === undefined
              ? 'no order could be placed to see it in seatsLeft'
              : `seatsLeft was wrong for more than ${freshWithinMs / 1_000} s after an order`,
          good: 'seatsLeft is fresh',
          because: oldPrice
            ? oldPrice === 'same tag'
              ? 'The ETag is the same before and after the change. So a browser is told that nothing has changed, and shows the old price.'
              : 'The price that the shop has kept is older than 2 s. So a browser is told that nothing has changed.'
            : 'What was kept is shown for longer than 2 s, so customers try to buy what is gone.',
          lookAt: oldPrice
            ? 'what is the ETag made of: of all that is in the answer? And from when on does the age of a price count?'
            : 'how long is an answer kept inside the shop, besides what its headers say?',
        },
      ]);
    },
  );
}

/** An event may be ordered between two questions, so three times. */
async function isNotModified(url: string, path: string): Promise<boolean> {
  for (let tries = 0; tries < 3; tries++) {
    const etag = (await ask(url, { path })).headers.etag;
    if (!etag) return false;
    if ((await ask(url, { path, headers: { 'if-none-match': etag } })).status === 304) return true;
  }
  return false;
}

/** For how many seconds an answer is fresh to a shared cache, and for how many it may be shown, also when it is stale. */
function lifetimeOf({ headers }: Asked): { freshS: number; shownS: number } {
  const said = directivesIn(header(headers, 'cdn-cache-control') ?? header(headers, 'cache-control') ?? '');
  if (said.has('private') || said.has('no-store') || said.has('no-cache')) return { freshS: 0, shownS: 0 };
  const freshS = Number(said.get('s-maxage') ?? said.get('max-age')) || 0;
  const asksFirst = ['must-revalidate', 'proxy-revalidate'].some((directive) => said.has(directive));
  const stale = ['stale-while-revalidate', 'stale-if-error'].map((name) => Number(said.get(name)) || 0);
  return { freshS, shownS: freshS + (asksFirst ? 0 : Math.max(...stale)) };
}

/** How long an order is not seen in seatsLeft. */
async function staleFor(
  url: string,
  customer: { ask(url: string, question: object): Promise<Asked> },
): Promise<number | undefined> {
  const seatsLeft = async () =>
    jsonOf(await ask(url, { path: `/events/${quietEvent}` }))?.seatsLeft as number | undefined;
  const before = await seatsLeft();
  const placed = await customer.ask(url, { method: 'POST', path: '/orders', json: { event: quietEvent, seats: 1 } });
  if (before === undefined || placed.status !== 201) return undefined;
  const from = performance.now();
  for (; performance.now() - from < freshWithinMs + 2 * onTheWayMs; await delay(100)) {
    // Both instances must have seen it.
    const seen = await Promise.all([seatsLeft(), seatsLeft(), seatsLeft(), seatsLeft()]);
    if (seen.every((seats) => seats === before - 1)) break;
  }
  return performance.now() - from;
}

/**
 * Whether the ETag from before a change of the price is still answered with 304 when the price may not be that old any more:
 * because the answer with the new price has the same tag, or because the shop has still the old price.
 */
async function keepsOldPrice(t: Stage): Promise<'same tag' | 'old price' | undefined> {
  const path = `/events/${pricedEvent}`;
  const { etag } = (await ask(t.url, { path })).headers;
  if (!etag) return undefined; // That there is none costs enough.
  const priceCents = 6_543;
  await t.supplier.change(String(pricedEvent), { priceCents });
  for (const from = performance.now(); performance.now() - from < freshWithinMs + onTheWayMs; await delay(100)) {
    const again = await Promise.all([1, 2, 3, 4].map(() => ask(t.url, { path, headers: { 'if-none-match': etag } })));
    if (again.every(({ status }) => status !== 304)) return undefined;
  }
  const now = await ask(t.url, { path });
  return now.headers.etag === etag && jsonOf(now)?.priceCents === priceCents ? 'same tag' : 'old price';
}
