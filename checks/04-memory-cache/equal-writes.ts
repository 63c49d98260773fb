import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/sdk/index.ts';
import { change, patienceMs, read } from './steps.ts';

const id = '227';
const path = `/events/${id}`;
const equal = { priceCents: 1_111 };

/** Two equal writes, and another one between them. The second of the two is no repetition of the first. */
export async function mustMakeEqualWrites(t: Stage): Promise<void> {
  await read(t.visitor(), path);
  t.trail.begin(`PUT ${path} ${JSON.stringify(equal)}: made, and the answer is slow`);
  await t.supplier.fail({ how: 'late', route: 'PUT /events/:id', times: 1 });
  const first = t.visitor().put(path, equal);
  first.catch(() => {}); // Awaited below, unless something fails before.
  await t.until('the supplier to make the change', async () => (await priceOf(t)) === equal.priceCents);
  // One write at a time is right, too, and then the others wait for the first.
  const patience = setTimeout(() => t.supplier.release().catch(() => {}), patienceMs);
  try {
    await change(t, id, { priceCents: 2_222 });
    let answered = false;
    const again = t
      .visitor()
      .put(path, equal)
      .finally(() => {
        answered = true;
      });
    again.catch(() => {}); // Awaited below, unless something fails before.
    while (!answered && (await priceOf(t)) !== equal.priceCents) await delay(10);
    await t.supplier.release();
    (await again).mustBe(200);
  } finally {
    clearTimeout(patience);
  }
  (await first).mustBe(200);
  t.trail.retell(2, `PUT ${path} ${JSON.stringify(equal)}, once more`, '200');
  const made = await priceOf(t);
  t.require(made === equal.priceCents, {
    expected: `priceCents ${equal.priceCents} at the supplier`,
    seen: `priceCents ${made}`,
    because:
      'The third write was answered with 200, and the supplier did not get it. The app took it for a repetition of the first one, which is equal and was still under way. In between, somebody had written something else.',
    lookAt: 'does each PUT /events/:id that is answered reach the supplier?',
  });
  const shown = (await read(t.visitor(), path)).json?.priceCents;
  t.require(shown === made, { expected: `priceCents ${made}`, seen: `priceCents ${shown}` });
}

async function priceOf(t: Stage): Promise<number | undefined> {
  return (await t.supplier.event(id))?.priceCents;
}
