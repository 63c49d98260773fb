import type { CheckDefinition, Stage, Teaching } from '../harness/sdk/index.ts';
import { staysSeenAfterManyWrites } from './many-writes.ts';
import { change, eventIn, read } from './steps.ts';

const emptyIsAValue = {
  because:
    'The last seat is sold, or the event is free now, and the shop still shows the old number. 0 and an empty text are values like any other, and a test such as if (change.seatsLeft) takes them for no change.',
  lookAt: 'how does PUT /events/:id find out which fields change?',
};

/** Another shop changes the event. It is read after that, and a list that shows it was read before. Then the same is written here. */
async function mustDropWhatIsOlder(t: Stage): Promise<void> {
  const [id, list, priceCents] = ['16', '/events?city=prague&page=1', 4_567];
  t.trail.begin();
  await read(t.visitor(), list);
  await t.supplier.change(id, { priceCents });
  t.step(`another shop sets event ${id} to priceCents ${priceCents}`);
  await read(t.visitor(), `/events/${id}`);
  await change(t, id, { priceCents });
  const shown = eventIn(await read(t.visitor(), list), id)?.priceCents;
  t.require(shown === priceCents, {
    expected: `event ${id} with priceCents ${priceCents}`,
    seen: `priceCents ${shown}`,
    because:
      'The write was answered, and the list shows another price. The event was kept as the write leaves it, so the app took the write for no change. But the list is older than the event.',
    lookAt: 'by what does PUT /events/:id tell whether something has to be dropped?',
  });
}

/** A write makes kept answers wrong: the event, and every list that shows it. */
export function writeBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'write-seen',
    'a write is seen at once in the event and in every list that shows it',
    {
      because: 'The write reached the supplier, but the shop still answers what it kept before the write.',
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

      // Each field by itself: a list shows them all.
      for (const [field, value] of [
        ['seatsLeft', 5],
        ['seatsLeft', 0],
        ['priceCents', 0],
        ['title', ''],
        ['title', 'Late Show'],
      ] as const) {
        t.trail.begin();
        await change(t, '6', { [field]: value });
        for (const path of ['/events/6', ...lists]) {
          const answer = await read(visitor, path);
          const shown = (path === '/events/6' ? answer.json : eventIn(answer, '6'))?.[field];
          t.require(shown === value, {
            expected: `event 6 with ${field} ${JSON.stringify(value)}`,
            seen: `${field} ${JSON.stringify(shown)}`,
            ...(value ? {} : emptyIsAValue),
          });
        }
      }

      await mustDropWhatIsOlder(t);
      const moved = {
        because:
          'The event has moved to another city. The list that it left and the list that it joined are both wrong now, and so are the pages behind them, because their events have moved up or down.',
        lookAt:
          'which lists does PUT /events/:id make wrong, and how does the app know in which of them the event was?',
      };
      await mustMove('6', 'prague', 'riga');
      // Nobody has read its page, so the app cannot know from there in which city it was.
      await mustMove('302', 'oslo', 'lisbon');
      // All lists of this city are empty, and kept.
      await mustMove('302', 'lisbon', 'bergen', {
        because:
          'The city had no events, and its empty list was kept. Now it has one. An empty list shows no event that a write could change, but a write can put one into it.',
        lookAt: 'does PUT /events/:id also drop lists without events?',
      });
      await mustShiftPages('28', '108');
      await staysSeenAfterManyWrites(t);
      t.trail.begin();
      const all = eventIn(await read(visitor, '/events?page=1'), '6');
      t.require(all?.city === 'riga', {
        expected: 'event 6 with city riga in the list of all cities',
        seen: all ? `city ${all.city}` : 'no event 6',
        ...moved,
      });

      async function mustMove(id: string, from: string, to: string, joining: Teaching = moved): Promise<void> {
        t.trail.begin();
        for (const city of [from, to]) await eventsOf(city);
        await change(t, id, { city: to });
        const left = await eventsOf(from);
        t.require(!left.includes(id), { expected: `event ${id} is no longer in ${from}`, seen: 'it is', ...moved });
        const twice = left.find((other, index) => left.indexOf(other) !== index);
        t.require(!twice, { expected: `each event of ${from} on one page`, seen: `event ${twice} on two`, ...moved });
        // The supplier decides where it stands among the events of the new city.
        const joined = await eventsOf(to);
        t.require(joined.includes(id), {
          expected: `event ${id} in one of the lists of ${to}`,
          seen: 'in none',
          ...joining,
        });
      }

      /** The first page of athens is never read, so nothing has told the app that the event is there. Later pages are kept. */
      async function mustShiftPages(id: string, tenthAfter: string): Promise<void> {
        const paths = [2, 3].map((page) => `/events?city=athens&page=${page}`);
        t.trail.begin();
        for (const path of paths) await read(visitor, path);
        t.trail.begin('pages 2 and 3 of athens have been read, and nothing else that shows event 28');
        for (const [city, is] of [
          ['bergen', 'no longer'],
          ['athens', 'again'],
        ] as const) {
          await change(t, id, { city });
          for (const path of paths.toReversed()) await read(visitor, path);
          const shown = eventIn(await read(visitor, paths[0] ?? ''), tenthAfter) !== undefined;
          t.trail.dropLast();
          t.require(shown === (is === 'again'), {
            expected: `event ${tenthAfter} ${is} on page 2, because event ${id} is ${is} on page 1`,
            seen: shown ? 'it still is' : 'it is not',
            because:
              'The event changed its city, and the pages behind it have shifted. But nobody had read the page that it stood on, so the shop did not know which city it left.',
            lookAt:
              'where does PUT /events/:id take the old city from, and what if nobody has read the event or its page?',
          });
          t.trail.dropLast();
          t.trail.dropLast();
        }
      }

      /** The ids on all pages of a city. */
      async function eventsOf(city: string): Promise<string[]> {
        t.trail.keep(({ what }) => what.startsWith('PUT'));
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
}
