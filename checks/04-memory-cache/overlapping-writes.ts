import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { mustMakeEqualWrites } from './equal-writes.ts';
import { change, eventIn, heldMs, isKept, mustKeepAfterAFailedWrite, patienceMs, read, unavailable } from './steps.ts';

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
      for (const end of ['comes late', 'is lost'] as const) await mustKeepTheLastWrite(t, end);
      await mustSeeBothWrites(t);
      await mustMakeEqualWrites(t);
      for (const how of ['late', 'cut'] as const) await mustDropAfterALostAnswer(t, how);
    },
    { further: true },
  );
}

/** Two writes, of which the first is answered last, or not at all. What it says is no longer true. */
async function mustKeepTheLastWrite(t: Stage, end: 'comes late' | 'is lost'): Promise<void> {
  const list = '/events?city=dublin&page=3';
  const isLost = end === 'is lost';
  const endFirst = () => (isLost ? t.supplier.heal() : t.supplier.release());
  await t.supplier.change('225', { priceCents: 1_000 });
  for (const path of ['/events/225', list]) await read(t.visitor(), path);
  t.trail.begin('PUT /events/225 {"priceCents":1111}: made, and the answer is slow');
  await t.supplier.fail({ how: 'late', route: 'PUT /events/:id', times: 1 });
  const first = t.visitor().put('/events/225', { priceCents: 1_111 });
  first.catch(() => {}); // Awaited below, unless something fails before.
  await t.until('the supplier to make the change', async () => (await t.supplier.event('225'))?.priceCents === 1_111);
  // One write at a time is right, too, and then the second one waits for the first.
  const patience = setTimeout(() => endFirst().catch(() => {}), patienceMs);
  await change(t, '225', { priceCents: 2_222 }).finally(() => clearTimeout(patience));
  await endFirst();
  const { status } = (await first).mustBe(isLost ? [200, ...unavailable] : 200, isLost ? lostAnswer : {});
  t.trail.retell(2, `the answer to the first write ${end}`, String(status));
  for (const path of ['/events/225', list]) {
    const answer = await read(t.visitor(), path);
    const seen = (path === list ? eventIn(answer, '225') : answer.json)?.priceCents;
    t.require(seen === 2_222, {
      expected: 'event 225 with priceCents 2222',
      seen: `priceCents ${seen}`,
      ...(isLost ? sentAgain : {}),
    });
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

const lostAnswer = {
  because: 'The supplier’s answer to the write was lost, and the shop made something else of it.',
  lookAt: 'what does PUT /events/:id answer when the connection to the supplier breaks?',
};

const sentAgain = {
  because:
    'The answer to the first write was lost after the second write was made. Either the shop shows the first one all the same, or it sent the first one again. A PUT may be repeated without harm only as long as nobody has written in between.',
  lookAt:
    'what does PUT /events/:id do when the supplier does not answer it, and what if somebody has written meanwhile?',
};

/** The supplier has made the change, and nobody hears of it: there is no answer at all, or half of it. */
async function mustDropAfterALostAnswer(t: Stage, how: 'late' | 'cut'): Promise<void> {
  const list = '/events?city=prague&page=3';
  const priceCents = how === 'late' ? 3_333 : 3_444;
  const isMade = async () => (await t.supplier.event('226'))?.priceCents === priceCents;
  for (const path of ['/events/226', list]) await read(t.visitor(), path);
  const wasKept = await isKept(t, '/events/226');
  t.trail.begin(
    `PUT /events/226 {"priceCents":${priceCents}}: made, and ${how === 'late' ? 'the answer is lost' : 'half of the answer is lost'}`,
  );
  await t.supplier.fail({ how, route: 'PUT /events/:id', times: 1 });
  const lost = t.visitor().put('/events/226', { priceCents });
  lost.catch(() => {}); // Awaited below, unless something fails before.
  await t.until('the supplier to make the change', isMade);
  if (how === 'late') await t.supplier.heal();
  (await lost).mustBe([200, ...unavailable], lostAnswer);
  for (const path of ['/events/226', list]) {
    const answer = await read(t.visitor(), path);
    const seen = (path === list ? eventIn(answer, '226') : answer.json)?.priceCents;
    t.require(seen === priceCents, {
      expected: `event 226 with priceCents ${priceCents}`,
      seen: `priceCents ${seen}`,
      because:
        'The answer to the write was lost, or the end of it, and nothing was dropped. But the supplier had made the change, as it may have whenever an answer is lost.',
      lookAt: 'what does PUT /events/:id drop when the supplier does not answer it?',
    });
  }
  if (wasKept) await mustKeepAfterAFailedWrite(t, ['/events/226', list]);
}
