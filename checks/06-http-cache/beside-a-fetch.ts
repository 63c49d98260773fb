import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Stage } from '../harness/sdk/index.ts';
import { askShop, askWell, mustBe, tagOf } from './steps.ts';

const seatsLeft = 31;
const tripsToReach = 4;
const mostHeldMs = 2_000;
/** Whoever does not wait for somebody else has an answer by then. */
const answeredWithinMs = 150;

/**
 * An event has changed, and the first visitor who wants it waits for the supplier. Whoever comes meanwhile may wait for the
 * same answer or fetch one, and must not get the page from before the change.
 * @param seatsIn finds the seats in an answer.
 */
export async function mustNotGetTheOld(t: Stage, path: string, seatsIn: (answer: Answer) => unknown): Promise<void> {
  const route = path.includes('?') ? 'GET /events' : 'GET /events/:id';
  const id = path.includes('?') ? '3' : (path.split('/')[2] ?? '');
  t.trail.begin();
  const oldTag = tagOf(t, await askWell(t, path));
  await t.supplier.change(id, { seatsLeft });
  await t.supplier.reset();
  await t.supplier.fail({ how: 'late', route, times: 1 });
  t.step(`event ${id} has ${seatsLeft} seats left now; the supplier is slow to answer the first who asks:`);
  const trailLength = t.trail.length;
  const heldFrom = performance.now();
  const first = askShop(t, path);
  first.catch(() => {}); // Awaited below, unless something fails before.
  await t.until('a call to the supplier', async () => (await t.supplier.calls())[route] > 0);
  const others = Promise.all([askShop(t, path), askShop(t, path, { 'if-none-match': '"other"' })]);
  others.catch(() => {});
  // They have reached the shop when others who came later are answered.
  for (let trip = 0; trip < tripsToReach; trip++) await t.visitor().get('/events?page=0');
  await Promise.race([others, delay(answeredWithinMs)]);
  await t.supplier.release();
  const heldForMs = performance.now() - heldFrom;
  const answers = [await first, ...(await others)];
  t.trail.retell(trailLength, `GET ${path} by one visitor, and by two more meanwhile`, '200');
  // An app need not wait for the supplier for so long.
  if (heldForMs > mostHeldMs && answers.some((answer) => answer.status > 500))
    t.inconclusive('the machine was too busy to ask while an answer of the supplier was held');
  for (const answer of answers) {
    const seats = seatsIn(mustBe(answer, 200));
    const tag = tagOf(t, answer);
    t.require(seats === seatsLeft, {
      expected: `seatsLeft ${seatsLeft} for each of them`,
      seen: `seatsLeft ${seats}, with ETag ${tag}`,
      because:
        tag === oldTag
          ? 'Somebody was already fetching the new page, and a visitor who came meanwhile got the old page with the old ETag, although the event had changed before.'
          : 'Somebody was already fetching the new page, and a visitor who came meanwhile got the old page with the ETag of the new one. A cache that keeps it is told from then on that it has the new page.',
      lookAt: 'what does the shop answer when the version is new and the page of that version is still being made?',
    });
  }
}
