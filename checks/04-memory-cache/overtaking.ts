import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CheckDefinition, Stage, Teaching } from '../harness/sdk/index.ts';
import { change, eventIn, heldMs, read, readAgainForNothing, unavailable } from './steps.ts';

/** Then the supplier answers: a write may wait for the reads under way, and a read for the write. */
const patienceMs = 500;

/** Reads and writes that overlap, and writes that fail. */
export function overtakingBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'write-beats-read',
    'a read that was under way during a write does not bring the old value back',
    {
      because:
        'A read had asked the supplier before the write, and its answer came after it. The write dropped the entry, and then the late answer brought the old value back.',
      lookAt: 'how does the reader of a late answer find out that a write has happened in between?',
    },
    async (t) => {
      for (const [path, id, readInBetween] of [
        ['/events/324', '324', true],
        ['/events?city=athens&page=1', '18', true],
        // Nobody reads in between, so that nothing new is there yet that a late answer would leave alone.
        ['/events?city=athens&page=2', '108', false],
      ] as const) {
        t.trail.begin();
        await t.supplier.setLatency(heldMs);
        await t.supplier.reset();
        t.step(`GET ${path} begins, and the supplier is slow`);
        const trailLength = t.trail.length;
        const early = t.visitor().get(path);
        early.catch(() => {}); // Awaited below, unless something fails before.
        await t.until('the read to reach the supplier', async () => (await t.supplier.total()) > 0);
        await t.supplier.setLatency(0); // The write overtakes the read.
        // A write that waits for the reads under way is right, too, and would wait forever.
        const writePatience = setTimeout(() => releaseUnlessWritten().catch(() => {}), patienceMs);
        // A read that waits for the one before the write is wrong, and would wait forever.
        let readPatience: NodeJS.Timeout | undefined;
        try {
          await change(t, id, { priceCents: 777 });
          readPatience = setTimeout(() => t.supplier.release().catch(() => {}), 2 * patienceMs);
          const during = readInBetween ? await read(t.visitor(), path) : undefined;
          if (during) {
            requireNew(during, 'a read after the write', {
              because:
                'The write had been answered, and a new reader still got the answer that was asked for before it.',
              lookAt: 'which answer does a reader wait for when a call is under way that began before the write?',
            });
          }
        } finally {
          clearTimeout(writePatience);
          clearTimeout(readPatience);
        }
        await t.supplier.release();
        const { status } = await early;
        t.trail.retell(trailLength + 2, 'the early read is answered', String(status));
        requireNew(await read(t.visitor(), path), 'another read', {});
        if (path !== `/events/${id}`) {
          requirePrice(await read(t.visitor(), `/events/${id}`), id, 777, `GET /events/${id}`, {
            because:
              'The list had been asked for before the write, and its answer came after it. The event was kept from that list, as it was before the write.',
            lookAt: 'what else is kept when the answer to a list comes late?',
          });
        }

        async function releaseUnlessWritten(): Promise<void> {
          if (!(await written())) await t.supplier.release();
        }

        function requireNew(answer: Answer, step: string, teaching: Partial<Teaching>): void {
          requirePrice(answer, id, 777, step, teaching);
        }
      }

      for (const [path, id] of [
        ['/events/317', '317'],
        ['/events?city=madrid&page=2', '117'],
      ] as const) {
        t.trail.begin();
        await t.supplier.setLatency(heldMs);
        await t.supplier.reset();
        const put = t.visitor().put(`/events/${id}`, { priceCents: 778 });
        put.catch(() => {}); // Awaited below, unless something fails before.
        const since = performance.now();
        await t.until('the write to reach the supplier', async () => {
          const reached = await written();
          // An app that reads the event before it changes it waits for that answer.
          if (!reached && performance.now() - since > patienceMs) await t.supplier.release();
          return reached;
        });
        await t.supplier.setLatency(0); // A read overtakes the write.
        const between = t.visitor().get(path);
        between.catch(() => {}); // Awaited below, unless something fails before.
        // A read that waits for the write is right, too.
        await Promise.race([between, delay(patienceMs)]);
        await t.supplier.release();
        (await put).mustBe(200);
        await between;
        const price = '{"priceCents":778}';
        t.trail.begin(`PUT /events/${id} ${price} begins, and the supplier is slow`);
        t.step(`GET ${path} in between, which may still have the old price`);
        t.step('the write is answered', '200');
        requirePrice(await read(t.visitor(), path), id, 778, 'another read', {
          because:
            'The entry was dropped before the supplier had made the change. A reader who came in between brought the old value back, and it stays until it expires.',
          lookAt: 'does PUT /events/:id drop entries before it asks the supplier, or after the supplier has answered?',
        });
      }

      async function written(): Promise<boolean> {
        return (await t.supplier.calls())['PUT /events/:id'] > 0;
      }

      function requirePrice(
        answer: Answer,
        id: string,
        price: number,
        step: string,
        teaching: Partial<Teaching>,
      ): void {
        const event = eventIn(answer, id) ?? answer.json;
        const expected = `priceCents ${price}`;
        t.require(event?.priceCents === price, {
          step,
          expected,
          seen: `priceCents ${event?.priceCents}`,
          ...teaching,
        });
      }
    },
    { further: true },
  );

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

  behaviour(
    'refused-writes',
    'a write that is refused drops nothing',
    {
      because:
        'The write changed nothing, and the shop dropped what it had kept all the same. Anybody can switch the cache off by writing to events that do not exist.',
      lookAt: 'what does PUT /events/:id drop when the supplier answers 404?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      const paths = ['/events/326', '/events?city=prague&page=2'];
      const answers = [];
      for (const path of paths) answers.push(await read(t.visitor(), path));
      t.trail.begin();
      for (const change of [{ priceCents: 1 }, { city: 'prague' }])
        (await t.visitor().put('/events/99999', change)).mustBe(404, {
          because: 'There is no such event, so it cannot be changed.',
          lookAt: 'what does PUT /events/:id answer when the supplier answers 404?',
        });
      (await t.visitor().put('/events/326', { priceCents: -1 })).mustBe(400, {
        because: 'A price is a whole number from 0.',
        lookAt: 'what does PUT /events/:id check before it asks the supplier?',
      });
      for (const [index, path] of paths.entries()) await readAgainForNothing(t, answers[index] as Answer, path);
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
