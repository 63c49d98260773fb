import type { Stage } from '../harness/sdk/index.ts';
import { askWell, whileHeld } from './steps.ts';

/** What a visitor writes into the address must not become another question to the supplier. */
export async function mustAskForWholeCities(t: Stage): Promise<void> {
  for (const city of ['oslo&page=2', 'oslo#', 'São Paulo + “Süd”', 'os%6Co', '100 %']) {
    t.trail.begin();
    const { json } = await askWell(t, `/events?city=${encodeURIComponent(city)}&page=1`);
    t.require(json?.city === city && json?.page === 1 && json?.events?.length === 0, {
      expected: `page 1 of the city “${city}”, which has no events`,
      seen: `page ${json?.page} of “${json?.city}”, ${json?.events?.length} events`,
      because: 'The name of the city is a part of the address at the supplier, and there it says something else.',
      lookAt: 'how is the address made that the shop asks the supplier for?',
    });
  }
  t.trail.begin();
  const { json } = await askWell(t, '/events');
  const cities = new Set(json?.events?.map?.(({ city }: { city?: string }) => city));
  t.require(json?.page === 1 && cities.size > 1, {
    expected: 'page 1 of the events of all cities',
    seen: `page ${json?.page}, with events of ${cities.size} cities`,
    because: 'Without city the list is that of all cities, and without page it is the first page.',
    lookAt: 'what does GET /events take for a city or a page that the address does not name?',
  });
  await mustKeepListsApart(t);
  t.trail.begin();
}

/** Lists whose city and page read the same when they are put together are asked for at once. */
async function mustKeepListsApart(t: Stage): Promise<void> {
  const lists = [
    ['oslo', 11],
    ['oslo1', 1],
    ['1oslo', 1],
  ] as const;
  t.trail.begin('three lists at the same time: page 11 of oslo, page 1 of oslo1, and page 1 of 1oslo');
  const answers = await whileHeld(t, () =>
    lists.map(([city, page]) => askWell(t, `/events?city=${city}&page=${page}`)),
  );
  t.trail.retell(1);
  lists.forEach(([city, page], n) => {
    const list = answers[n]?.json;
    t.require(list?.city === city && list?.page === page, {
      expected: `page ${page} of “${city}”`,
      seen: `page ${list?.page} of “${list?.city}”`,
      because: 'Two visitors asked for different lists at the same time, and one of them got the list of the other.',
      lookAt: 'by which key does a request find the call of another one, and can two lists have the same key?',
    });
  });
}
