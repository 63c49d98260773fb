import { compareCost, defineCheck } from '../harness/sdk/index.ts';
import { cities, eventId, eventsPerCity, listingPath, priceThenListing, starterSays } from './cities.ts';
import lesson from './lesson.ts';
import { mustBeTheSame, pricesOf } from './listings.ts';
import { mustNameTheCulprit } from './named.ts';

/** By the contract: a quarter. Our solution takes some 7 %. */
const limitOfStarter = 0.25;

const written = {
  because: 'The starter answers something else for the same change of price.',
  lookAt: 'how does your code write nothing, a few cents, and amounts of a thousand and more?',
};

defineCheck(lesson, ({ behaviour, load }) => {
  behaviour(
    'same-listing',
    "every city's listing is the starter's, byte for byte",
    {
      because: 'Customers and the app on their phones read this answer. Faster is no use when it is another one.',
      lookAt: 'what did you change in how an event or a price is shown?',
    },
    async (t) => {
      const starter = await t.startReference('starter');
      // Twice: what the first one leaves behind must not show in the second.
      for (const city of [...cities, ...cities, 'Atlantis']) {
        const expected = await starterSays(t, starter, listingPath(city));
        const answer = (await t.visitor().get(listingPath(city))).mustBe(200);
        mustBeTheSame(t, answer.text, expected);
      }
      (await t.visitor().get('/events')).mustBe(400, {
        because: 'Without a city there is nothing to list, and the starter says so with 400.',
        lookAt: 'the beginning of the route GET /events',
      });
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'price-shows',
    'a changed price shows in the next listing, in every currency',
    {
      because: 'The listing shows a price that is no longer true. Customers see one price and pay another.',
      lookAt: 'what is kept from one listing to the next, and who drops it when a price changes?',
    },
    async (t) => {
      const [app, starter] = await Promise.all([t.startExtra(), t.startReference('starter')]);
      const visitor = t.visitor({ at: app });
      for (const [n, cents] of [0, 7, 99_999, 100_000, 123_450, 10_000_000].entries()) {
        const city = cities[n % 2] as string;
        const path = `/events/${eventId(city, n * 57)}/price`;
        const before = await visitor.get(listingPath(city)); // So that whoever keeps listings has one.
        const changed = (await visitor.put(path, { cents })).mustBe(200);
        t.trail.splice(-1, 1, `PUT ${path} {"cents":${cents}}\t200`);
        const told = await starterSays(t, starter, path, { method: 'PUT', body: { cents } });
        mustBeTheSame(t, changed.text, told, written);
        const answer = (await visitor.get(listingPath(city))).mustBe(200);
        const expected = await starterSays(t, starter, listingPath(city));
        const stale = pricesOf(answer.json, eventId(city, n * 57)) === pricesOf(before.json, eventId(city, n * 57));
        mustBeTheSame(t, answer.text, expected, stale ? {} : written);
      }
      const unknown = cities.length * eventsPerCity + 1;
      (await visitor.put(`/events/${unknown}/price`, { cents: 100 })).mustBe(404, {
        because: `There is no event ${unknown}.`,
        lookAt: 'what does the route do when setPrice finds nothing?',
      });
      for (const cents of [-1, 2.5, '4900', 10_000_001]) {
        (await visitor.put(`/events/${eventId('Oslo', 0)}/price`, { cents })).mustBe(400, {
          because: `${JSON.stringify(cents)} is no price. It must not be shown to anybody.`,
          lookAt: 'the beginning of the route PUT /events/:id/price',
        });
      }
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'named',
    "src/hottest.ts names the function that the starter's profile blames",
    { because: 'That is not where the time goes.', lookAt: 'npm run profile lesson-1' },
    async (t) => mustNameTheCulprit(t),
  );

  behaviour(
    'cpu',
    "a listing takes at most a quarter of the starter's CPU time",
    {
      because: 'The listing still does most of the work that the profile of the starter shows.',
      lookAt:
        'npm run profile lesson-1 again: is the function that you named still on top, and what does it do each time?',
    },
    (t) =>
      compareCost(t, {
        what: 'CPU time',
        turn: priceThenListing,
        limitOfStarter,
        teaching: (share) =>
          share > 0.7 // The starter itself was once seen at 0.83, on a machine that was busy with other things.
            ? {
                because:
                  'Little was gained, or nothing. Either the function at the top still does what it did, for every price, or a kept answer was dropped before anybody read it: here a price changes before each listing.',
              }
            : {},
      }),
    { limitMs: 90_000 },
  );

  load(() => {
    const listingMs = starterListingMs();
    // Well over what one process has. Few virtual users: Artillery keeps a core busy when more than forty a second come.
    const listingsPerSecond = 1_600 / listingMs;
    const listingsEach = Math.max(2, Math.ceil(listingsPerSecond / 16));
    const arrivalRate = Math.max(2, Math.round(listingsPerSecond / listingsEach));
    const cores = (arrivalRate * listingsEach * listingMs) / 1_000;
    return {
      phases: [{ duration: 5, arrivalRate }],
      variables: { listingsEach },
      note: `a listing costs the starter ${listingMs.toFixed(0)} ms of CPU here: ${arrivalRate * listingsEach} listings/s would take ${cores.toFixed(1)} cores of it`,
    };
  });
});

/** CPU milliseconds of a listing of the starter on this machine: those of its formatters, measured in this process. */
function starterListingMs(): number {
  const formatters = 400;
  const runs = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage();
    for (let n = 0; n < formatters; n++)
      new Intl.NumberFormat(['de-DE', 'en-GB', 'en-US'][n % 3], { style: 'currency', currency: 'EUR' }).format(n);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  const median = runs.sort((a, b) => a - b)[1] as number;
  return (median / formatters) * 3 * eventsPerCity;
}
