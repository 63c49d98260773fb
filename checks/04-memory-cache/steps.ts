import { isDeepStrictEqual } from 'node:util';
import { type Answer, excerpt, type Instance, type Stage, type Teaching, type Visitor } from '../harness/sdk/index.ts';

/** Customers whom the box office knows: ada has two offers, grace one, linus none. */
export const ada = { authorization: 'Bearer ada.9f31c7' };
export const grace = { authorization: 'Bearer grace.40d2be' };
export const linus = { authorization: 'Bearer linus.c81a55' };

type Headers = Record<string, string>;

/** The supplier holds its answers until they are released. Longer than any reader waits. */
export const heldMs = 60_000;

/** A write may wait for the reads under way, and a read for the write. After this long, the supplier answers. */
export const patienceMs = 500;

/** What an app may answer when the supplier fails. */
export const unavailable = [502, 503, 504];

/** Of a request that nothing is wrong with. */
export const turnedAway: Teaching = {
  because: 'The question was turned away instead of answered. The contract allows a 400 only for an invalid page.',
  lookAt: 'what is refused here, and does that limit the number of entries?',
};

/** A GET that must be answered with 200 and JSON. */
export async function read(
  visitor: Visitor,
  path: string,
  headers: Headers = {},
  teaching: Partial<Teaching> = {},
): Promise<Answer> {
  const answer = await visitor.get(path, { headers });
  return answer.mustBe(200, answer.status === 400 ? turnedAway : teaching);
}

/** The calls that the supplier counts while something is done. */
export async function callsDuring(t: Stage, act: () => Promise<unknown>): Promise<number> {
  await t.supplier.reset();
  await act();
  return t.supplier.total();
}

/** Reads something again. The supplier must not be asked, and the answer must be the same. */
export async function readAgainForNothing(
  t: Stage,
  first: Answer,
  path: string,
  headers: Headers = {},
  teaching: Partial<Teaching> = {},
): Promise<void> {
  const visitor = t.visitor();
  let second: Answer | undefined;
  const calls = await callsDuring(t, async () => {
    second = await read(visitor, path, headers, teaching);
  });
  t.require(calls === 0, { expected: 'no call to the supplier', seen: inCalls(calls), ...teaching });
  t.require(isDeepStrictEqual(second?.json, first.json), {
    expected: `the same answer as before: ${excerpt(first.text)}`,
    seen: excerpt(second?.text ?? ''),
    because: 'The answer from the cache is not the answer that was kept.',
    lookAt: 'what is kept, and what is made of it when it is read?',
  });
}

/** Whether a second read makes no call. Other behaviours say so of an app that keeps nothing. */
export async function isKept(t: Stage, path: string): Promise<boolean> {
  const trailLength = t.trail.length;
  await read(t.visitor(), path);
  const calls = await callsDuring(t, () => read(t.visitor(), path));
  t.trail.retell(trailLength);
  return calls === 0;
}

/** A write that failed may have dropped what it could have changed. What is read after it is kept as before. */
export async function mustKeepAfterAFailedWrite(t: Stage, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const trailLength = t.trail.length;
    await readAgainForNothing(t, await read(t.visitor(), path), path, {}, noLongerKept);
    t.trail.retell(trailLength);
  }
}

const noLongerKept = {
  because:
    'A write failed, or its answer was lost. Since then what is read is no longer kept, so each read asks the supplier.',
  lookAt: 'what keeps a read from being stored while a write is under way, and is that undone when the write fails?',
};

/**
 * Reads something for several customers, all of whom ask before the supplier has answered the first.
 * @param path one for all of them, or one for each.
 * @param options.inOrder they also reach the app one after the other.
 */
export async function readTogether(
  t: Stage,
  path: string | readonly string[],
  customers: Headers[],
  { inOrder = false } = {},
): Promise<Answer[]> {
  await t.supplier.setLatency(heldMs);
  const asked: Promise<Answer>[] = [];
  for (const [index, headers] of customers.entries()) {
    asked.push(read(t.visitor(), typeof path === 'string' ? path : (path[index] ?? ''), headers));
    if (inOrder) await arrived(t);
  }
  const all = Promise.all(asked);
  all.catch(() => {}); // Awaited below, unless something fails before.
  await arrived(t);
  await t.supplier.setLatency(0);
  await t.supplier.release();
  return all;
}

/** Resolves when the app has received what was sent before, because it answers what was sent later without the supplier. */
export async function arrived(t: Stage, at?: Instance): Promise<void> {
  const trailLength = t.trail.length;
  // An app that asks the supplier, too, gets no answer now.
  for (let time = 0; time < 2; time++)
    await t
      .visitor({ at })
      .get('/me/offers', { deadlineMs: 300 })
      .catch(() => {});
  t.trail.retell(trailLength);
}

export function inCalls(calls: number): string {
  return `${calls} call${calls === 1 ? '' : 's'} to the supplier`;
}

/** The event in a list, if the list shows it. */
export function eventIn(list: Answer, id: string): Record<string, unknown> | undefined {
  const { events } = (list.json ?? {}) as { events?: Record<string, unknown>[] };
  return Array.isArray(events) ? events.find((event) => event?.id === id) : undefined;
}

/** A write, which must be answered with the event as it is now. */
export async function change(t: Stage, id: string, body: Record<string, unknown>): Promise<void> {
  t.step(`PUT /events/${id} ${JSON.stringify(body)}`);
  const trailLength = t.trail.length;
  const { json, text } = (await t.visitor().put(`/events/${id}`, body)).mustBe(200);
  t.require(
    Object.entries(body).every(([field, value]) => json?.[field] === value),
    {
      expected: 'the event as it is now',
      seen: excerpt(text),
      because: 'The write was made, and its answer shows the event as it was before.',
      lookAt: 'what does PUT /events/:id answer with?',
    },
  );
  t.trail.retell(trailLength);
}
