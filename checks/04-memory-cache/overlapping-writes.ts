import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { change, eventIn, heldMs, patienceMs, read, unavailable } from './steps.ts';

/** Two writes at the same time, and one whose answer is lost. */
export function overlappingWrites(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'last-write',
    'of two writes the last one stays, and one whose answer was lost is seen, too',
    {
      because:
        'The answer to the first write came after the second write was made, and the shop kept it as the newest.',
      lookAt: 'what is put into the cache after a write, and what if an earlier write is answered later?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      await mustKeepTheLastWrite(t);
      await mustSeeBothWrites(t);
      await mustDropAfterALostAnswer(t);
    },
    { further: true },
  );
}

/** Two writes, of which the first is answered last. What its answer says is no longer true. */
async function mustKeepTheLastWrite(t: Stage): Promise<void> {
  const list = '/events?city=dublin&page=3';
  for (const path of ['/events/225', list]) await read(t.visitor(), path);
  t.trail.begin('PUT /events/225 {"priceCents":1111}: made, and the answer is slow');
  await t.supplier.fail({ how: 'late', route: 'PUT /events/:id', times: 1 });
  const first = t.visitor().put('/events/225', { priceCents: 1_111 });
  first.catch(() => {}); // Awaited below, unless something fails before.
  await t.until('the supplier to make the change', async () => (await t.supplier.event('225'))?.priceCents === 1_111);
  // One write at a time is right, too, and then the second one waits for the first.
  const patience = setTimeout(() => t.supplier.release().catch(() => {}), patienceMs);
  await change(t, '225', { priceCents: 2_222 }).finally(() => clearTimeout(patience));
  await t.supplier.release();
  (await first).mustBe(200);
  t.trail.retell(2, 'the first write is answered', '200');
  for (const path of ['/events/225', list]) {
    const answer = await read(t.visitor(), path);
    const seen = (path === list ? eventIn(answer, '225') : answer.json)?.priceCents;
    t.require(seen === 2_222, { expected: 'event 225 with priceCents 2222', seen: `priceCents ${seen}` });
  }
}

/** Two writes of different fields. The supplier makes the one that began first after the other. */
async function mustSeeBothWrites(t: Stage): Promise<void> {
  const list = '/events?city=dublin&page=3';
  for (const path of ['/events/235', list]) await read(t.visitor(), path);
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  const first = t.visitor().put('/events/235', { title: 'Sold out soon' });
  first.catch(() => {}); // Awaited below, unless something fails before.
  const since = performance.now();
  await t.until('the first write to reach the supplier', async () => {
    // An app that reads the event before it changes it waits for that answer.
    if (performance.now() - since > patienceMs) await t.supplier.release();
    return (await t.supplier.calls())['PUT /events/:id'] > 0;
  });
  await t.supplier.setLatency(0);
  t.trail.begin('PUT /events/235 {"title":"Sold out soon"} begins, and the supplier is slow');
  // One write at a time is right, too, and then the second one waits for the first.
  const patience = setTimeout(() => t.supplier.release().catch(() => {}), patienceMs);
  await change(t, '235', { priceCents: 4_444 }).finally(() => clearTimeout(patience));
  await t.supplier.release();
  (await first).mustBe(200);
  t.trail.retell(2, 'the first write is made, and answered', '200');
  for (const path of ['/events/235', list]) {
    const answer = await read(t.visitor(), path);
    const { title, priceCents } = (path === list ? eventIn(answer, '235') : answer.json) ?? {};
    t.require(title === 'Sold out soon' && priceCents === 4_444, {
      expected: 'event 235 with title "Sold out soon" and priceCents 4444',
      seen: `title "${title}" and priceCents ${priceCents}`,
      because:
        'Both writes were made, and the shop shows one of them. The write that began first was made last, so the answer to the other one was not the newest.',
      lookAt: 'after two writes that overlap, which answer is kept, and what was true when the supplier gave it?',
    });
  }
}

/** The supplier has made the change, and nobody hears of it. */
async function mustDropAfterALostAnswer(t: Stage): Promise<void> {
  await read(t.visitor(), '/events/226');
  t.trail.begin('PUT /events/226 {"priceCents":3333}: made, and the answer is lost');
  await t.supplier.fail({ how: 'late', route: 'PUT /events/:id', times: 1 });
  const lost = t.visitor().put('/events/226', { priceCents: 3_333 });
  lost.catch(() => {}); // Awaited below, unless something fails before.
  await t.until('the supplier to make the change', async () => (await t.supplier.event('226'))?.priceCents === 3_333);
  await t.supplier.heal();
  (await lost).mustBe([200, ...unavailable], {
    because: 'The supplier’s answer to the write was lost, and the shop made something else of it.',
    lookAt: 'what does PUT /events/:id answer when the connection to the supplier breaks?',
  });
  const { json } = await read(t.visitor(), '/events/226');
  t.require(json?.priceCents === 3_333, {
    expected: 'event 226 with priceCents 3333',
    seen: `priceCents ${json?.priceCents}`,
    because:
      'The write got no answer, so nothing was dropped. But the supplier had made the change, as it may have whenever an answer is lost.',
    lookAt: 'what does PUT /events/:id drop when the supplier does not answer it?',
  });
}
