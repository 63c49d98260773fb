import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { eventId, listingPath, type Reference } from './cities.ts';
import { mustBeTheSame } from './listings.ts';

/** The first by id, and one of the first by date: a listing that is put together piece by piece has them early. */
const early = [0, 64];
const firstCents = 5_555;
const city = 'Dublin';
/** Each time the changes come a moment later. An app whose listings take long has given them time enough in the first. */
const rounds = 8;
const enoughMs = 1_500;

/**
 * Prices change while the city is being listed. What those listings say is open; the one after them has the new prices.
 * The requests arrive in the same turns of the app's event loop, so that one that yields between two pieces has made a part
 * of them when the changes come.
 */
export async function changedWhileListed(t: Stage, app: Instance, reference: Reference): Promise<void> {
  const startedAt = performance.now();
  for (let round = 0; round < rounds && performance.now() - startedAt < enoughMs; round++)
    await changedOnce(t, app, reference, round);
}

async function changedOnce(t: Stage, app: Instance, reference: Reference, round: number): Promise<void> {
  const cents = firstCents + round;
  const paths = early.map((n) => `/events/${eventId(city, n)}/price`);
  const body = JSON.stringify({ cents });
  const listings = Array.from(
    { length: 4 },
    () => `GET ${listingPath(city)} HTTP/1.1\r\nhost: app\r\nconnection: close\r\n\r\n`,
  );
  const changes = paths.map(
    (path) =>
      `PUT ${path} HTTP/1.1\r\nhost: app\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  const visitor = t.visitor({ at: app });
  // Whatever the app has kept of this city is over now, so that the listings are made anew.
  for (const path of paths) (await visitor.put(path, { cents: cents + rounds })).mustBe(200);
  await sendTogether(t, app, listings, changes, round);
  const answer = (await visitor.get(listingPath(city), { deadlineMs: 20_000 })).mustBe(200);
  for (const path of paths) await reference.changePrice(path, cents);
  t.trail.begin(`4 × GET ${listingPath(city)} and 2 × PUT at the same time`, 'all answered');
  t.step(`GET ${listingPath(city)}`, '200');
  mustBeTheSame(t, answer, await reference.listing(city), {
    because:
      'A price changed while the city was being listed, and the listing after that still has the old one. What was under way was made from the old price, and was kept after the change.',
    lookAt: 'what is under way when a price changes, and what does it keep when it is done?',
  });
  t.trail.begin();
}

/** Connects first, then writes all of them, the second ones some turns later, and waits for whole answers of 200. */
async function sendTogether(
  t: Stage,
  { url }: Instance,
  first: string[],
  second: string[],
  turnsLater: number,
): Promise<void> {
  const { hostname, port } = new URL(url);
  const requests = [...first, ...second];
  const sockets = requests.map(() => connect({ host: hostname, port: Number(port) }));
  try {
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const answers = sockets.map(async (socket) => {
      let text = '';
      for await (const part of socket) text += part;
      return text.slice(0, text.indexOf('\r\n'));
    });
    for (const n of first.keys()) sockets[n]?.write(requests[n] as string);
    for (let turn = 0; turn < turnsLater; turn++) await nextTurn();
    for (const n of second.keys()) sockets[first.length + n]?.write(second[n] as string);
    for (const [n, line] of (await Promise.all(answers)).entries())
      t.require(/^HTTP\/1\.1 200\b/.test(line), {
        step: requests[n]?.split(' HTTP')[0],
        expected: '200',
        seen: line,
        because: 'Listings and changes of price came at the same time, and one of them was refused.',
        lookAt: 'what do two requests at the same time share?',
      });
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}
