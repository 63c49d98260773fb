import type { Answer, CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { mustNotGetTheOld } from './beside-a-fetch.ts';
import lesson from './lesson.ts';
import { askShop, askWell, mustBe, require304, tagOf } from './steps.ts';

const placesOfSupplier = lesson.supplier?.atOnce ?? 1;

/** What the page shows of an event may all change. */
const changes = [
  ['seatsLeft', 3],
  ['seatsLeft', 2],
  ['priceCents', 4_321],
  ['venue', 'Cellar Stage'],
  ['date', '2027-12-24'],
  ['seatsLeft', 1],
] as const;

/** A cache with a copy asks whether it is still right. */
export function validationBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'not-modified',
    'an unchanged page is answered with 304, a changed one with 200 and a new ETag',
    {
      because: 'The same content has another ETag each time, so no copy is ever recognised.',
      lookAt: 'what is the ETag made of, and does that change without the content changing?',
    },
    async (t) => {
      const starting = t.startExtra();
      starting.catch(() => {}); // Awaited when it is needed.
      for (const [path, id] of [
        ['/events/33', '33'],
        ['/events?city=lisbon&page=1', '3'],
      ] as const) {
        t.trail.begin();
        const first = await askWell(t, path);
        const tag = tagOf(t, first);
        t.step(`with If-None-Match: ${tag}`);
        require304(t, await askShop(t, path, { 'if-none-match': tag }));
        for (const same of otherWritings(tag)) {
          t.step(`with If-None-Match: ${same}`);
          require304(t, await askShop(t, path, { 'if-none-match': same }), {
            because:
              'If-None-Match may hold several tags, and W/"x" matches "x". The shop missed the tag of its own page.',
            lookAt: 'how is If-None-Match compared? Express has req.fresh.',
          });
        }
        let newest = tag;
        const tags = [tag];
        // All within a second.
        for (const [field, value] of changes) {
          await t.supplier.change(id, { [field]: value });
          t.step(`event ${id} has ${field} ${value} now; with If-None-Match: ${newest}`);
          const answer = mustBe(await askShop(t, path, { 'if-none-match': newest }), 200, {
            because:
              'The event has changed, and the shop says that the old ETag is still right. A cache with the old copy keeps it.',
            lookAt: 'does the ETag change with everything that the answer shows, and at once?',
          });
          newest = tagOf(t, answer);
          t.require(!tags.includes(newest) && eventIn(answer, id)?.[field] === value, {
            expected: `a new ETag and ${field} ${value}`,
            seen: tags.includes(newest) ? `the old ETag ${newest}` : 'the old content',
            because: 'New content needs a new ETag. Otherwise a cache can’t tell the old page from the new one.',
            lookAt: 'does the ETag change with everything that the answer shows, and at once?',
          });
          tags.push(newest);
        }
        require304(t, await askShop(t, path, { 'if-none-match': newest }));
        const again = await t.visitor({ at: await starting }).get(path, { headers: { 'if-none-match': newest } });
        require304(t, again, {
          because:
            'Another process of the shop gives the same content another ETag. After each deploy, and with each further instance, no copy is recognised.',
          lookAt: 'what is in the ETag besides the content and the language?',
        });
        if (path.includes('?')) await mustCountPages(t, path);
        await mustNameOneContent(t, path, id);
        await mustNotGetTheOld(t, path, (answer) => seatsIn(answer, id));
      }
    },
  );
}

/** Another page of the list gets longer, so this one shows another number of pages, and the same events. */
async function mustCountPages(t: Stage, path: string): Promise<void> {
  t.trail.begin();
  const before = await askWell(t, path);
  const tag = tagOf(t, before);
  const id = '394'; // Beyond all events of the city, and as many of these as fill their pages.
  const was = (await t.supplier.event(id))?.city;
  const { city, pages } = before.json ?? {};
  await t.supplier.change(id, { city });
  t.step(`event ${id} is in ${city} now, on a page of its own behind the others; with If-None-Match: ${tag}`);
  const moved = {
    because:
      'The list shows how many pages there are, and that is one more now. Its events are the same, and so is the ETag, so a cache with the old list keeps it.',
    lookAt: 'is the ETag made of everything that the answer shows, or only of its events?',
  };
  const answer = mustBe(await askShop(t, path, { 'if-none-match': tag }), 200, moved);
  t.require(answer.json?.pages === pages + 1, {
    expected: `"pages": ${pages + 1}`,
    seen: `"pages": ${answer.json?.pages}`,
    because: 'The list says how many pages there are, and an event has come behind the last of them.',
    lookAt: 'what does the shop keep of a list?',
  });
  t.require(tagOf(t, answer) !== tag, { expected: 'a new ETag', seen: `the old ETag ${tag}`, ...moved });
  if (was) await t.supplier.change(id, { city: was });
}

/** The same tag as others may send it back: in a list, and weak or strong. Weak comparison finds it in each. */
export function otherWritings(tag: string): string[] {
  const turned = tag.startsWith('W/') ? tag.slice(2) : `W/${tag}`;
  return [`"other", ${tag}`, `${tag},"other"`, turned, `W/"other", ${turned}`];
}

/**
 * An event changes between two steps of one read. An app that takes the version and the content from two calls may put the tag
 * of one content on another one.
 */
async function mustNameOneContent(t: Stage, path: string, id: string): Promise<void> {
  const contents = new Map<string, unknown>();
  const note = (answer: Answer) => {
    const tag = tagOf(t, mustBe(answer, 200)).replace(/^W\//, '');
    const seats = seatsIn(answer, id);
    const named = contents.get(tag);
    t.require(named === undefined || named === seats, {
      expected: `another ETag than the page with seatsLeft ${named}`,
      seen: `${answer.headers.etag} with seatsLeft ${seats}`,
      because:
        'The event changed while the page was made. Its ETag is the one of the other version, so a cache that has this page believes that it has that one.',
      lookAt: 'do the content and the version of a page come from the same answer of the supplier?',
    });
    contents.set(tag, seats);
  };
  t.trail.begin();
  note(await askShop(t, path));
  for (const [seatsLeft, headers] of [
    [21, {}],
    [22, { 'if-none-match': '"other"' }],
  ] as [number, Record<string, string>][]) {
    await t.supplier.setLatency(60_000);
    await t.supplier.reset();
    await leaveOnePlace(t);
    t.step(
      headers['if-none-match'] ? 'with If-None-Match: "other", and the supplier is slow:' : 'the supplier is slow:',
    );
    const asked = askShop(t, path, headers);
    asked.catch(() => {}); // Awaited below, unless something fails before.
    await t.until('a call to the supplier', async () => (await t.supplier.total()) >= placesOfSupplier);
    await t.supplier.change(id, { seatsLeft });
    t.step(`event ${id} has ${seatsLeft} seats left now`);
    await t.supplier.setLatency(10);
    await t.supplier.release();
    note(await asked);
    note(await askShop(t, path));
  }
}

/**
 * The supplier is busy with others and serves one call of the shop at a time. So of two that the shop sends at once, one sees
 * the event before the change and one after it.
 */
async function leaveOnePlace(t: Stage): Promise<void> {
  const others = placesOfSupplier - 1;
  for (let n = 0; n < others; n++)
    fetch(`${t.supplier.url}/events/1`)
      .then((answer) => answer.body?.cancel())
      .catch(() => {}); // Not judged.
  await t.until('the supplier to be busy', async () => (await t.supplier.total()) >= others);
}

function seatsIn(answer: Answer, id: string): unknown {
  return eventIn(answer, id)?.seatsLeft;
}

/** An event, alone or in a list. */
function eventIn({ json }: Answer, id: string): Record<string, unknown> | undefined {
  return json?.events?.find?.((event: { id?: string }) => event?.id === id) ?? json;
}
