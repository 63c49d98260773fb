import type { Answer, Instance, Stage, Visitor } from '../harness/sdk/index.ts';
import { eventId, listingPath } from './cities.ts';
import { pricesOf } from './listings.ts';

const city = 'Lisbon';
const id = eventId(city, 5);
const path = `/events/${id}/price`;
const neighbour = `/events/${eventId(city, 6)}/price`;
const listing = listingPath(city);
const patient = { deadlineMs: 20_000 };
/** A Last-Modified counts seconds. Two changes fall into one of them at the first or the second attempt. */
const attempts = 5;

/**
 * A browser keeps a listing, and asks with the ETag or the Last-Modified that came with it whether that is still true: in the
 * second of the change, and in a process that has had as many changes as the one that gave the listing, and other ones. Both
 * processes have had none before. An app that gives neither is asked nothing.
 */
export async function revalidated(t: Stage, app: Instance): Promise<void> {
  const visitor = t.visitor({ at: app });
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { kept } = await changeAndList(visitor, 4_711 + attempt);
    const { changed } = await changeAndList(visitor, 8_150 + attempt);
    for (const [name, value] of validatorsOf(kept)) await askWith(t, visitor, name, value, kept, sameListing);
    const time = kept.headers['last-modified'];
    if (attempt === 0) await inAnotherProcess(t, kept);
    if (!time || time === changed.headers.date) break;
  }
  await swapped(t, visitor);
  t.trail.begin();
}

/** Two events take each other's price: whatever adds something up is what it was. */
async function swapped(t: Stage, visitor: Visitor): Promise<void> {
  const give = async (first: number, second: number) => {
    for (const [one, cents] of [
      [path, first],
      [neighbour, second],
    ] as const)
      (await visitor.put(one, { cents }, patient)).mustBe(200);
  };
  await give(5_100, 6_200);
  const kept = (await visitor.get(listing, patient)).mustBe(200);
  await give(6_200, 5_100);
  for (const [name, value] of validatorsOf(kept)) await askWith(t, visitor, name, value, kept, sameSum);
}

async function inAnotherProcess(t: Stage, kept: Answer): Promise<void> {
  const { etag } = kept.headers;
  if (!etag) return;
  const visitor = t.visitor();
  await changeAndList(visitor, 9_900);
  await askWith(t, visitor, 'if-none-match', etag, kept, otherProcess);
}

async function changeAndList(visitor: Visitor, cents: number): Promise<{ changed: Answer; kept: Answer }> {
  const changed = (await visitor.put(path, { cents }, patient)).mustBe(200);
  return { changed, kept: (await visitor.get(listing, patient)).mustBe(200) };
}

function validatorsOf({ headers }: Answer): [string, string][] {
  const both: [string, string | undefined][] = [
    ['if-none-match', headers.etag],
    ['if-modified-since', headers['last-modified']],
  ];
  return both.filter((one): one is [string, string] => one[1] !== undefined);
}

async function askWith(t: Stage, visitor: Visitor, name: string, value: string, kept: Answer, teaching: object) {
  const now = (await visitor.get(listing, patient)).mustBe(200);
  t.trail.begin(`GET ${listing}`, `200, with ${name === 'if-none-match' ? 'ETag' : 'Last-Modified'} ${value}`);
  const asked = await visitor.get(listing, { ...patient, headers: { [name]: value } });
  t.trail.retell(1, `PUT ${path} with another price`, '200');
  t.step(`GET ${listing}, ${name}: ${value}`, String(asked.status));
  const changed = pricesOf(kept.json, id) !== pricesOf(now.json, id);
  // Else it may be of a process that has not heard of the change, which the behaviour's own sentence says.
  const sameMark = validatorsOf(now).some(([, mark]) => mark === value);
  t.require(asked.status !== 304 || !changed, {
    expected: '200, with the new price',
    seen: '304',
    ...(sameMark ? teaching : {}),
  });
  asked.mustBe([200, 304]);
}

const sameListing = {
  because:
    'A 304 tells the browser that the listing it has is still true, and that one has the old price. Two listings that differ have the same ETag or Last-Modified. A Last-Modified has no more than seconds.',
  lookAt: 'what is the ETag or the Last-Modified of a listing made of, and can a price change without it?',
};
const sameSum = {
  because:
    'A 304 tells the browser that the listing it has is still true, and two of its prices are old: two events have taken each other’s. Both listings have the same ETag or Last-Modified.',
  lookAt: 'what is the ETag made of, and can two prices change without it?',
};
const otherProcess = {
  because:
    'A 304 tells the browser that the listing it has is still true, and that one has another price. It came from another process of the app, such as one before a restart, which gave this ETag to other prices.',
  lookAt: 'what is the ETag made of: what the listing says, or something that begins again with each start?',
};
