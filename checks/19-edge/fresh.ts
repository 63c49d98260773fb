import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { ask, inWords, jsonOf, order } from './ask.ts';

/** The contract's two seconds, and some for the way. */
const oldestMs = 2_200;
const atOnce = 4;

/** Somebody fills what is kept, an order follows, and the next who asks comes two seconds later. */
export async function mustBecomeFresh(t: Stage, path: string): Promise<void> {
  const leftOf = async (base: string) => {
    const reply = await ask(base, path);
    const events = [jsonOf(reply)].flat() as { id: string; left: number }[];
    return events.find(({ id }) => id === 'oslo')?.left;
  };
  await leftOf(t.url);
  const placed = await ask(t.app(1).url, '/orders', order());
  t.require(placed.status === 201, { step: 'POST /orders', expected: '201', seen: inWords(placed) });
  await delay(oldestMs);
  // Several at once: the first makes nginx ask, and the others must not be given the old one meanwhile.
  t.nginx.forget();
  for (const { door } of t.nginx.gates) door.holdReplies();
  const answers = Promise.all(Array.from({ length: atOnce }, () => leftOf(t.url)));
  for (let looks = 0; looks < 50 && t.nginx.seen().length === 0; looks++) await delay(20);
  await delay(200);
  for (const { door } of t.nginx.gates) door.resume();
  const now = await leftOf(t.app(1).url);
  const old = (await answers).filter((seen) => seen !== now);
  t.require(old.length === 0, {
    step: `GET ${path}, an order of two seats, GET ${path} ${atOnce} times at once 2.2 s later`,
    expected: `${now} seats left, ${atOnce} times`,
    seen: `${old[0]}, ${old.length} times`,
  });
}
