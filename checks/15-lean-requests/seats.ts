import type { Instance, Stage } from '../harness/sdk/index.ts';
import { ask, mustBe, type Reply } from './ask.ts';
import { encodingOf, unpacked } from './compressed.ts';

export interface Shown {
  seats: number;
  /** It was answered with 304 first. */
  isUnchanged: boolean;
  /** What a browser that keeps the answer sends when it asks again. */
  validators: Record<string, string>;
}

/**
 * What each list that has the show, and the show's own page, says about its seats. A list has many names, because a city is found
 * in any case, and a query may hold what nobody knows: whatever keeps lists by their names has to drop all of them.
 * @param before what the client has kept of its last look, if it has looked before.
 */
export async function seatsLeft(
  t: Stage,
  app: Instance,
  id: string,
  encoding: string,
  before?: ReadonlyMap<string, Shown>,
): Promise<Map<string, Shown>> {
  const found = new Map<string, Shown>();
  const { city, title } = (await ask(t, app, 'GET', `/shows/${id}`)).json;
  // Whoever trims a city lists it here, and an app need not.
  const padded = encodeURIComponent(` ${city} `);
  const inCity = [...inAnyCase(city), padded].map((one) => `/shows?city=${one}`);
  const searches = ['1', '40', ...inAnyCase(title), ...partsOf(title)].map((one) => `/search?q=${one}`);
  for (const path of ['/shows', '/shows?page=1', ...inCity, `${inCity[0]}&page=1`, ...searches, `/shows/${id}`]) {
    const headers = { 'accept-encoding': encoding };
    const validators = before?.get(path)?.validators;
    let reply = await ask(t, app, 'GET', path, { headers: { ...headers, ...validators } });
    const isUnchanged = validators !== undefined && reply.status === 304;
    if (isUnchanged) reply = await ask(t, app, 'GET', path, { headers });
    mustBe(t, reply, 200);
    const seats = seatsOf(t, reply, id);
    if (seats !== undefined) found.set(path, { seats, isUnchanged, validators: validatorsOf(reply) });
  }
  t.trail.begin();
  return found;
}

/**
 * A search finds a show by any part of its title: from within a word, to its end, over the gap to the next one, and by one
 * letter, which many shows have. Nobody who drops what was found by words, or by how a word begins, drops these.
 */
function partsOf(title: string): string[] {
  const gap = title.search(/[ -]/);
  const within = title.slice(2, gap - 1);
  const parts = [
    within,
    within.toUpperCase(),
    title.slice(1, gap),
    title.slice(1, 2),
    title.slice(gap - 2, gap + 3),
    title.slice(gap + 2, -2),
    title.slice(1),
    title.slice(0, 2),
  ];
  return parts.map((part) => encodeURIComponent(part.trim()));
}

function inAnyCase(text: string): string[] {
  return [text, text.toLowerCase(), text.toUpperCase()].map(encodeURIComponent);
}

function validatorsOf({ headers }: Reply): Record<string, string> {
  return {
    ...(headers.etag ? { 'if-none-match': headers.etag } : {}),
    ...(headers['last-modified'] ? { 'if-modified-since': headers['last-modified'] } : {}),
  };
}

export async function seatsIn(
  t: Stage,
  app: Instance,
  path: string,
  id: string,
  encoding: string,
): Promise<number | undefined> {
  const reply = await ask(t, app, 'GET', path, { headers: { 'accept-encoding': encoding } });
  mustBe(t, reply, 200);
  return seatsOf(t, reply, id);
}

/** Of one show in a list, or in the answer that is the show. */
export function seatsOf(t: Stage, reply: Reply, id: string): number | undefined {
  const json = JSON.parse(unpacked(t, reply, encodingOf(reply)).toString());
  return [json].flat().find((one: { id: string }) => one.id === id)?.seatsLeft;
}
