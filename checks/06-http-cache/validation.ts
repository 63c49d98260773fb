import type { Answer, CheckDefinition } from '../harness/sdk/index.ts';
import { askShop, askWell, goneAfterS, later, mustBe, readWell, require304, requireServed, tagOf } from './steps.ts';

/** Whoever has a copy asks whether it is still right, and is answered cheaply. */
export function validationBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'not-modified',
    'what has not changed is answered with 304, what has changed with 200 and a new ETag',
    {
      because: 'The same content has got another ETag, so a copy of it never counts as right.',
      lookAt: 'what is the ETag made of, and does that change without the content changing?',
    },
    async (t) => {
      for (const [path, id] of [
        ['/events/33', '33'],
        ['/events?city=lisbon&page=1', '3'],
      ] as const) {
        t.trail.splice(0);
        const first = await askWell(t, path);
        const tag = tagOf(t, first);
        t.step(`with If-None-Match: ${tag}`);
        require304(t, await askShop(t, path, { 'if-none-match': tag }));
        t.step('the same in a list of tags:');
        require304(t, await askShop(t, path, { 'if-none-match': `"other", ${tag}` }), {
          because: 'If-None-Match may hold several tags, and a weak one (W/"x") is compared by what is in its quotes.',
          lookAt: 'how is If-None-Match read? Express has req.fresh.',
        });
        let newest = tag;
        const tags = [tag];
        // Three times within a second.
        for (const seatsLeft of [3, 2, 1]) {
          await t.supplier.change(id, { seatsLeft });
          t.step(`event ${id} has ${seatsLeft} seats left now; with If-None-Match: ${newest}`);
          const answer = mustBe(await askShop(t, path, { 'if-none-match': newest }), 200, {
            because: 'The event has changed, and the ETag has not. Whoever has the old copy keeps it.',
            lookAt: 'does the ETag change with everything that the answer shows, and at once?',
          });
          newest = tagOf(t, answer);
          t.require(!tags.includes(newest) && seatsIn(answer, id) === seatsLeft, {
            expected: `a new ETag and seatsLeft ${seatsLeft}`,
            seen: tags.includes(newest) ? `the old ETag ${newest}` : 'the old content',
            because: 'New content needs a new name, or a cache can’t tell the two apart.',
            lookAt: 'does the ETag change with everything that the answer shows, and at once?',
          });
          tags.push(newest);
        }
        require304(t, await askShop(t, path, { 'if-none-match': newest }));
      }
    },
  );

  behaviour(
    'cheap-304',
    'a 304 does not ask the supplier for the event or the list',
    {
      because:
        'The whole answer was made in order to find out that nobody needs it. A 304 then saves bytes, and no time.',
      lookAt: 'what tells the version of an event without the event? The README says what the supplier offers.',
    },
    async (t) => {
      for (const path of ['/events/44', '/events?city=vienna&page=1']) {
        t.trail.splice(0);
        const tag = tagOf(t, await askWell(t, path));
        await t.supplier.reset();
        t.step(`with If-None-Match: ${tag}`);
        require304(t, await askShop(t, path, { 'if-none-match': tag }));
        await requireCheap();
      }
      t.trail.splice(0);
      // When no old copy may be used any more, the CDN asks for itself.
      const path = '/events/45';
      await readWell(t, path);
      await t.supplier.reset();
      later(t, goneAfterS);
      requireServed(t, (await readWell(t, path)).cdn, ['revalidated'], {
        because: 'The CDN asked for the whole answer, although it has a copy that is still right.',
        lookAt: 'what does the shop answer to the ETag that it gave to the CDN?',
      });
      await requireCheap();
      requireServed(t, (await readWell(t, path)).cdn, ['hit'], {
        because:
          'What the 304 says about keeping counts for the copy from then on, and it says something else than the 200.',
        lookAt: 'which Cache-Control does a 304 have?',
      });

      async function requireCheap(): Promise<void> {
        const { 'HEAD /events': lists, 'HEAD /events/:id': events, ...others } = await t.supplier.calls();
        const made = Object.entries(others).filter(([, count]) => count > 0);
        t.require(made.length === 0, {
          expected: 'no call to the supplier but for the version',
          seen: made.map(([route, count]) => `${count} × ${route}`).join(', '),
        });
        t.require(lists + events <= 1, {
          expected: 'one call for the version at most',
          seen: `${lists + events} calls`,
          because: 'One version is enough to know.',
        });
      }
    },
  );
}

/** Of an event, or of an event in a list. */
function seatsIn({ json }: Answer, id: string): unknown {
  return (json?.events?.find?.((event: { id?: string }) => event?.id === id) ?? json)?.seatsLeft;
}
