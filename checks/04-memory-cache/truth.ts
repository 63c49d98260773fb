import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../harness/behaviour.ts';
import type { CheckDefinition } from '../harness/check.ts';
import type { Teaching } from '../harness/verdict.ts';
import { type Answer, excerpt } from '../harness/visitor.ts';
import { eventIn, heldMs, read } from './steps.ts';

/** After it the supplier answers: a write may wait for the reads under way, and a read for the write. */
const patienceMs = 500;

/** When what is kept stops being true: after a write, after an error, after its time. */
export function truthBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'write-seen',
    'a write is seen at once in the event and in every list that shows it',
    {
      because: 'The write reached the supplier, but what the shop kept from before it is still answered.',
      lookAt: 'which entries show the event that PUT /events/:id changes?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      const visitor = t.visitor();
      // Event 6 is in prague: on the first page of its city, and on the first page of all.
      const lists = ['/events?city=prague&page=1', '/events?city=prague', '/events?page=1', '/events'];
      for (const path of ['/events/6', ...lists]) await read(visitor, path);
      await change(t, '6', { priceCents: 4_321, title: 'Late Show, extra date' });
      requirePrice((await read(visitor, '/events/6')).json, 4_321);
      for (const path of lists) requirePrice(eventIn(await read(visitor, path), '6'), 4_321);

      const moved = {
        because:
          'The event has moved to another city. The list that it left and the list that it came to are both wrong now, and so are the pages behind them: what they show has moved up or down.',
        lookAt: 'which lists does PUT /events/:id make wrong: only those that show the event already?',
      };
      for (const city of ['riga', 'prague']) await eventsOf(city);
      await change(t, '6', { city: 'riga' });
      const prague = await eventsOf('prague');
      t.require(!prague.includes('6'), { expected: 'event 6 is no longer in prague', seen: 'it is', ...moved });
      const twice = prague.find((id, index) => prague.indexOf(id) !== index);
      t.require(!twice, {
        expected: 'each event of prague on one page',
        seen: `event ${twice} on two`,
        ...moved,
      });
      // Where in the order of the new city it stands is the supplier's affair.
      const riga = await eventsOf('riga');
      t.require(riga.includes('6'), { expected: 'event 6 in one of the lists of riga', seen: 'in none', ...moved });
      const all = eventIn(await read(visitor, '/events?page=1'), '6');
      t.require(all?.city === 'riga', {
        expected: 'event 6 with city riga in the list of all cities',
        seen: all ? `city ${all.city}` : 'no event 6',
        ...moved,
      });

      /** The ids on all pages of a city. */
      async function eventsOf(city: string): Promise<string[]> {
        t.trail.splice(0, Number.POSITIVE_INFINITY, ...t.trail.filter((line) => line.startsWith('PUT')));
        const ids: string[] = [];
        for (const page of [1, 2, 3, 4, 5]) {
          const { json } = await read(visitor, `/events?city=${city}&page=${page}`);
          for (const event of json?.events ?? []) ids.push(event?.id);
        }
        return ids;
      }

      function requirePrice(event: Record<string, unknown> | undefined, priceCents: number): void {
        t.require(event?.priceCents === priceCents, {
          expected: `event 6 with priceCents ${priceCents}`,
          seen: event ? `priceCents ${event.priceCents}` : 'no event 6',
        });
      }
    },
  );

  behaviour(
    'write-beats-read',
    'a read that was under way during a write does not bring the old value back',
    {
      because:
        'A read had asked the supplier before the write, and its answer came after it. The write dropped the entry, and then the late answer put the old value into it again.',
      lookAt: 'how does an answer that comes from the supplier find out that a write has been in between?',
    },
    async (t) => {
      for (const [path, id] of [
        ['/events/324', '324'],
        ['/events?city=athens&page=1', '18'],
      ] as const) {
        t.trail.splice(0);
        await t.supplier.setLatency(heldMs);
        await t.supplier.reset();
        t.step(`GET ${path} begins, and the supplier is slow`);
        const trailLength = t.trail.length;
        const early = t.visitor().get(path);
        early.catch(() => {}); // Awaited below, unless something fails before.
        await t.until('the read to reach the supplier', async () => (await t.supplier.total()) > 0);
        await t.supplier.setLatency(0); // The write overtakes the read.
        // A write that waits for the reads under way is right, too, and would wait for ever.
        const writePatience = setTimeout(() => releaseUnlessWritten().catch(() => {}), patienceMs);
        // A read that waits for the one before the write is wrong, and would not show it.
        let readPatience: NodeJS.Timeout | undefined;
        try {
          await change(t, id, { priceCents: 777 });
          readPatience = setTimeout(() => t.supplier.release().catch(() => {}), 2 * patienceMs);
          const during = await read(t.visitor(), path);
          requireNew(during, 'a read after the write', {
            because:
              'The write had been answered, and still a new reader was given the answer that was asked for before it.',
            lookAt: 'which answer does a reader wait for, when one is under way that began before the write?',
          });
        } finally {
          clearTimeout(writePatience);
          clearTimeout(readPatience);
        }
        await t.supplier.release();
        const { status } = await early;
        t.trail.splice(trailLength + 2, t.trail.length, `the early read is answered\t${status}`);
        requireNew(await read(t.visitor(), path), 'another read', {});

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
        t.trail.splice(0);
        await t.supplier.setLatency(heldMs);
        await t.supplier.reset();
        const put = t.visitor().put(`/events/${id}`, { priceCents: 778 });
        put.catch(() => {}); // Awaited below, unless something fails before.
        const since = performance.now();
        await t.until('the write to reach the supplier', async () => {
          const reached = await written();
          // Who reads the event before it is changed waits for that answer.
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
        t.trail.splice(0, t.trail.length, `PUT /events/${id} ${price} begins, and the supplier is slow`);
        t.step(`GET ${path} in between, which may still have the old price`);
        t.step('the write is answered\t200');
        requirePrice(await read(t.visitor(), path), id, 778, 'another read', {
          because:
            'What was kept went before the supplier had made the change. A reader who came in between brought the old value back, and it stays until it expires.',
          lookAt:
            'does PUT /events/:id drop what it makes wrong before it asks the supplier, or after it was answered?',
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
  );

  behaviour(
    'errors-not-kept',
    'errors of the supplier and 404s are not kept as good answers',
    {
      because: 'An error was kept for as long as a good answer. The supplier is well again, and the shop still is not.',
      lookAt: 'what is put into the cache when the supplier answers with an error, or not at all?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      const faults = { '503 for every request': 503, 'refused connections': 'refuse' } as const;
      for (const [path, [what, how]] of [
        ['/events/311', Object.entries(faults)[0]],
        ['/events/312', Object.entries(faults)[1]],
        ['/events?city=turin&page=1', Object.entries(faults)[0]],
      ] as [string, [string, 503 | 'refuse']][]) {
        t.trail.splice(0, t.trail.length, `the supplier: ${what}`);
        await t.supplier.fail({ how });
        (await t.visitor().get(path)).mustBe([500, 502, 503, 504], {
          because: 'The supplier failed, and the shop made a good answer of it.',
          lookAt: 'what does the app answer when the supplier fails?',
        });
        await t.supplier.heal();
        t.step('the supplier is well again');
        const { json, text } = await read(t.visitor(), path);
        t.require(json?.id === path.split('/')[2] || Array.isArray(json?.events), {
          expected: 'the event or the list',
          seen: excerpt(text),
        });
      }
      t.trail.splice(0, t.trail.length, 'the supplier: 503 for every request');
      await t.supplier.fail({ how: 503 });
      t.step('PUT /events/311 {"priceCents":1}');
      (await t.visitor().put('/events/311', { priceCents: 1 })).mustBe([500, 502, 503, 504], {
        because: 'The supplier refused the change, and the shop says that it has been made.',
        lookAt: 'what does PUT /events/:id wait for before it answers?',
      });
      await t.supplier.heal();
      t.trail.splice(2, t.trail.length, 'the supplier is well again');
      const unchanged = (await t.supplier.event('311'))?.priceCents;
      const { json: shown } = await read(t.visitor(), '/events/311');
      t.require(shown?.priceCents === unchanged, {
        step: 'GET /events/311\t200',
        expected: `priceCents ${unchanged}, as it was`,
        seen: `priceCents ${shown?.priceCents}`,
        because: 'The supplier refused the change, and the shop shows it all the same.',
        lookAt: 'what does PUT /events/:id put into the cache, and when?',
      });
      t.trail.splice(0);
      for (let time = 0; time < 2; time++) {
        (await t.visitor().get('/events/99999')).mustBe(404, {
          because: 'There is no such event. The second answer must say so as the first one did.',
          lookAt: 'what does the cache keep of an answer: its status, too?',
        });
      }
      (await t.visitor().put('/events/99999', { priceCents: 1 })).mustBe(404, {
        because: 'There is no such event, and the shop says that it has been changed, or that something else is wrong.',
        lookAt: 'what does PUT /events/:id answer when the supplier answers 404?',
      });
    },
  );

  behaviour(
    'expires',
    'entries expire after CACHE_TTL_S, however often they are read',
    {
      because:
        'Other shops sell from the same box office, and nobody tells this one. Without an end to every entry it answers for ever what was true once.',
      lookAt: 'what ends an entry that nobody writes to, and does it come from CACHE_TTL_S?',
    },
    async (t) => {
      // A supplier of its own, because this runs beside behaviours that count the calls to the other one.
      const supplier = await t.startSupplier({ latencyMs: 20, atOnce: 10 });
      const extra = await t.startExtra({ env: { SUPPLIER_URL: supplier.url, CACHE_TTL_S: '1' } });
      const visitor = t.visitor({ at: extra });
      t.step('an instance with CACHE_TTL_S=1');
      await read(visitor, '/events/5');
      await read(visitor, '/events?city=dublin&page=1');
      t.step('another shop sells seats of event 5');
      await supplier.change('5', { seatsLeft: 3 });
      const trailLength = t.trail.length;
      for (const path of ['/events/5', '/events?city=dublin&page=1']) {
        // It is read all the time, so that a time to live which every read renews never ends.
        await t.until(
          `GET ${path} shows the 3 seats left within 6 s`,
          async () => {
            t.trail.splice(trailLength);
            const answer = await read(visitor, path);
            await delay(50);
            return (eventIn(answer, '5') ?? answer.json)?.seatsLeft === 3;
          },
          { deadlineMs: 6_000 },
        );
      }
    },
    { background: true, limitMs: 40_000 },
  );
}

async function change(t: Stage, id: string, body: Record<string, unknown>): Promise<void> {
  t.step(`PUT /events/${id} ${JSON.stringify(body)}`);
  const trailLength = t.trail.length;
  const { json, text } = (await t.visitor().put(`/events/${id}`, body)).mustBe(200);
  t.require(
    Object.entries(body).every(([field, value]) => json?.[field] === value),
    {
      expected: 'the event as it is now',
      seen: excerpt(text),
      because: 'The write was done, and its answer shows the event as it was before.',
      lookAt: 'what does PUT /events/:id answer with?',
    },
  );
  t.trail.splice(trailLength);
}
