import type { LoadFinding, Stage } from '../harness/sdk/index.ts';

/** The share of requests that may reach the shop. */
const shareLimit = 0.1;

/** What load.yml asks for. */
const cities = ['berlin', 'oslo', 'lisbon'];
const events = [201, 202, 203, 204, 205];
const languages = ['en', 'de'];

/**
 * Counts what the CDN asks the shop during the load. Each page was read once before, because how many requests find no copy
 * at the same time depends on the machine.
 */
export async function originWatch(t: Stage): Promise<() => Promise<LoadFinding>> {
  t.cdn.clear();
  const paths = [...cities.map((city) => `/events?city=${city}&page=1`), ...events.map((id) => `/events/${id}`)];
  const reads = paths.flatMap((path) =>
    languages.map((language) => {
      // As Artillery sends it: a copy of an answer that may be compressed is for clients that accept the same encodings.
      const headers = { 'accept-language': language, 'accept-encoding': 'gzip' };
      return t.visitor({ at: t.cdn }).get(path, { headers });
    }),
  );
  await Promise.allSettled(reads); // The load shows what is wrong with an answer.
  t.cdn.resetCounts();
  return async () => {
    await t.cdn.settled();
    const { requests, toShop } = t.cdn.counts();
    const limit = Math.floor(requests * shareLimit);
    const note = `${toShop} of ${requests} requests reached the shop, limit ${limit}`;
    const figure = { title: 'requests that reached the shop', measured: toShop, limit, unit: 'requests' };
    if (toShop <= limit) return { note, figure };
    return {
      note,
      figure,
      failure: {
        kind: 'target',
        trail: [
          { what: `the load run, ${requests} requests of 8 pages in 2 languages, each of which was read once before` },
        ],
        expected: `at most ${limit} to reach the shop (10 %)`,
        seen: `${toShop} (${Math.round((100 * toShop) / requests)} %)`,
        because: 'The CDN asks the shop far more often than copies expire.',
        lookAt: 'which answers does the CDN keep, for how long, and for whom?',
      },
    };
  };
}
