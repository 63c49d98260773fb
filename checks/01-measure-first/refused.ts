import type { Instance, Stage } from '../harness/sdk/index.ts';
import { cities, eventId, eventsPerCity, listingPath, type Reference } from './cities.ts';
import { mustBeTheSame } from './listings.ts';

const noEvents = [cities.length * eventsPerCity + 1, 0, -1, 1.5, '7abc', 'x', 'constructor'];

/** What code that converts first takes for a price, beside what is out of range. */
const refusedBodies = [-1, 2.5, '4900', 10_000_001, null, true, '', [4_900], undefined].map((cents) => ({ cents }));

/** What is no JSON, no object, or a number that no computer holds. */
const refusedTexts = ['{"cents": 49', 'null', '[4900]', '4900', '', '{"cents":1e999}', '{"cents":"constructor"}'];

const notAPrice = {
  because: 'This is not a price, and must not be shown to anybody.',
  lookAt: 'how does the route PUT /events/:id/price read its body, and what does it do with one that is no price?',
};

/** Changes of no event, and to no price. */
export async function refused(t: Stage, app: Instance, reference: Reference): Promise<void> {
  const visitor = t.visitor({ at: app });
  for (const id of noEvents) {
    (await visitor.put(`/events/${id}/price`, { cents: 100 })).mustBe(404, {
      because: `There is no event ${id}. A change that was meant for nothing must not change another event's price.`,
      lookAt: 'how does the route read the id, and what does it do when setPrice finds nothing?',
    });
  }
  t.trail.begin();
  for (const body of refusedBodies) {
    t.step(`with ${JSON.stringify(body)}:`);
    (await visitor.put(`/events/${eventId('Oslo', 0)}/price`, body)).mustBe(400, notAPrice);
  }
  for (const text of refusedTexts) {
    t.step(`with the body ${text || '(nothing)'}`);
    const headers = { 'content-type': 'application/json' };
    (await visitor.put(`/events/${eventId('Oslo', 0)}/price`, text, { headers })).mustBe(400, notAPrice);
  }
  const listed = (await visitor.get(listingPath('Oslo'), { deadlineMs: 20_000 })).mustBe(200);
  mustBeTheSame(t, listed, await reference.listing('Oslo'), {
    because: 'A price that was refused with 400 is in the listing.',
    lookAt: 'in which order does the route check the price and set it?',
  });
}
