import { setTimeout as delay } from 'node:timers/promises';
import {
  type Answer,
  excerpt,
  type PlainReply,
  plainRequest,
  type RequestOptions,
  type Stage,
  type SupplierHandle,
  type Teaching,
  type Visitor,
} from '../harness/sdk/index.ts';

/** What an app may answer when the supplier fails. */
export const unavailable = [502, 503, 504];
/** The supplier holds its answers until they are released. Longer than any reader waits. */
export const heldMs = 60_000;
/** How long a write may wait for a read or another write before that one gets its answer. */
export const patienceMs = 2_000;
/** Without Redis, or with one that hangs. */
export const slowestAnswerMs = 2_000;
/** From then on the contract lets another reader take over. */
export const takeOverFromMs = 1_000;
/** No behaviour changes it, so once it is kept an instance needs only Redis to answer it. */
const keptPath = '/events/1';

/** A GET that must be answered with 200 and the event of the path, or with the statistics. */
export async function read(
  t: Stage,
  visitor: Visitor,
  path: string,
  options: RequestOptions = {},
  teaching: Partial<Teaching> = {},
): Promise<Answer> {
  const answer = (await visitor.get(path, options)).mustBe(200, teaching);
  const id = path.split('?')[0]?.split('/')[2];
  t.require(id ? answer.json?.id === id : answer.json?.events === 400, {
    expected: id ? `event ${id}` : 'the statistics of 400 events',
    seen: excerpt(answer.text),
    because: 'The answer is not what the supplier said.',
    lookAt: 'what is kept, and what is made of it when it is read?',
    ...teaching,
  });
  return answer;
}

export function inCalls(calls: number): string {
  return `${calls} call${calls === 1 ? '' : 's'} to the supplier`;
}

/** The calls that the supplier counts while something is done. */
export async function callsDuring(supplier: SupplierHandle, act: () => Promise<unknown>): Promise<number> {
  await supplier.reset();
  await act();
  return supplier.total();
}

/** `count` GETs at once, spread over the addresses, each on a connection of its own. Status 0: the connection broke. */
export function crowd(urls: string[], path: string, count: number): Promise<Pick<PlainReply, 'status' | 'text'>[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      plainRequest(`${urls[index % urls.length]}${path}`).catch(() => ({ status: 0, text: 'no answer' })),
    ),
  );
}

/** Reads until the supplier is no longer asked. Not judged: a client may connect to Redis only when it is first needed. */
export async function untilKept(visitor: Visitor, supplier: SupplierHandle, path: string, on?: number): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt++) {
    if ((await callsDuring(supplier, () => visitor.get(path, on ? { on } : {}))) === 0) return;
    await delay(50);
  }
}

/** Keeps what `haveLooked` reads. */
export async function prepareLooks(t: Stage): Promise<void> {
  for (const on of [1, 2]) await untilKept(t.visitor(), t.supplier, keptPath, on);
}

/** Until the readers sent before have looked into Redis. They have when several later readers have, one after the other. */
export function haveLooked(urls: string[]): Promise<void> {
  return roundTrips(urls, keptPath);
}

/** Until an instance has handled whatever reached it before. Needs neither Redis nor the supplier. */
export function hasCaughtUp(url: string): Promise<void> {
  return roundTrips([url], '/no-such-route');
}

async function roundTrips(urls: string[], path: string): Promise<void> {
  await Promise.all(
    urls.map(async (url) => {
      for (let trip = 0; trip < 6; trip++) await crowd([url], path, 1);
    }),
  );
  await delay(20);
}

/** A PUT that must be answered with 200, on an instance (1-based) or by a visitor of an extra one. */
export async function change(t: Stage, id: string, body: Record<string, unknown>, by: number | Visitor): Promise<void> {
  const isNumber = typeof by === 'number';
  t.step(`PUT /events/${id} ${JSON.stringify(body)} on ${isNumber ? `instance ${by}` : 'it'}`);
  const visitor = isNumber ? t.visitor() : by;
  const answer = await visitor.put(`/events/${id}`, body, isNumber ? { on: by } : {});
  answer.mustBe(200);
  const asked = t.trail.steps.findLastIndex(({ what }) => what === answer.request);
  t.trail.keep((_, index) => index !== asked); // The step before it says what was changed.
}

/** Something under way, and whether it still is. */
export function follow<T>(promise: Promise<T>): { promise: Promise<T>; ended: boolean } {
  const followed = { promise, ended: false };
  const end = () => {
    followed.ended = true;
  };
  promise.then(end, end);
  return followed;
}

export function requirePrice(t: Stage, { json }: Answer, priceCents: number, teaching: Partial<Teaching> = {}): void {
  const seen = `priceCents ${json.priceCents}`;
  t.require(json.priceCents === priceCents, { expected: `priceCents ${priceCents}`, seen, ...teaching });
}

/** Milliseconds until they expire, of whatever keys the app has written; -1: never. */
export async function timesToLive(t: Stage, atLeast = 2): Promise<Map<string, number>> {
  // An app may answer before it has written.
  for (let n = 0; n < 20 && (await t.redis.keys()).length < atLeast; n++) await delay(50);
  const keys = await t.redis.keys();
  const ttls = await Promise.all(keys.map((key) => t.redis.ttlMs(key)));
  const found = keys.map((key, index) => [key, ttls[index] ?? -2] as const).filter(([, ttlMs]) => ttlMs !== -2);
  t.require(found.length > 0, {
    expected: 'keys in Redis',
    seen: 'none',
    because: 'The app has written nothing into Redis, so whatever it knows is kept in the processes.',
    lookAt: 'does the app use REDIS_URL?',
  });
  return new Map(found);
}
