import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CheckDefinition, Teaching } from '../harness/sdk/index.ts';
import { change, eventIn, heldMs, read } from './steps.ts';

/** After it the supplier answers: a write may wait for the reads under way, and a read for the write. */
const patienceMs = 500;

/** A write makes what is kept wrong: the event, every list that shows it, and what is on its way. */
export function writeBehaviours(behaviour: CheckDefinition['behaviour']): void {
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
}
