import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { callsDuring, inCalls, read, timesToLive } from './steps.ts';

/** Any text is an id, a short one and a long one. */
const unknownIds = ['99999', '0', 'x'.repeat(200), 'Zoë ★ 99'];

const emptyTextIsNoAnswer = {
  because:
    'An empty text in Redis is no answer of the supplier, not even “no such event”. It may be what is left of an entry. The app did not fetch it again.',
  lookAt: 'how is “no such event” kept, and can a value that was cut off look the same?',
};

/** Longer than versions and the tokens of locks, which may be of no use when they are empty. Events are longer. */
const tokensUpTo = 80;
const emptyIfLong = (value: string) => (value.length > tokensUpTo ? '' : value);

/** What the app makes of the values that it finds in Redis. */
export function valueBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'empty-kept',
    'an empty result is kept, too',
    {
      because:
        '“There is none” is an answer like any other, and a bot can ask for it a thousand times. A test such as if (kept) mistakes it for a miss.',
      lookAt: 'how does the app distinguish an entry that says “none” from a missing entry?',
    },
    async (t) => {
      await t.supplier.setLatency(20);
      const missing = { because: 'There is no such event, and both instances must say so.' };
      for (const id of unknownIds) {
        t.trail.begin();
        const path = `/events/${encodeURIComponent(id)}`;
        (await t.visitor().get(path, { on: 1 })).mustBe(404, missing);
        for (const on of [1, 2]) {
          const calls = await callsDuring(t.supplier, async () =>
            (await t.visitor().get(path, { on })).mustBe(404, missing),
          );
          t.require(calls === 0, { expected: 'no call to the supplier', seen: inCalls(calls) });
        }
      }
    },
    { further: true },
  );

  behaviour(
    'corrupt-value',
    'a value in Redis that cannot be parsed is fetched again and replaced',
    {
      because:
        'Something else wrote into Redis: an older release, a script, a write that was cut off. The app trusts it, and every reader gets an error until the entry expires.',
      lookAt: 'what happens when the text from Redis can’t be parsed?',
    },
    async (t) => {
      await t.supplier.setLatency(20);
      for (const [id, what, spoil, teaching] of [
        ['51', 'cut off in the middle', (value: string) => value.slice(0, value.length / 2), {}],
        ['52', 'overwritten with text', () => 'not { what you think', {}],
        ['53', 'cut off to nothing', emptyIfLong, emptyTextIsNoAnswer],
      ] as const) {
        await t.redis.clear();
        t.trail.begin();
        const paths = ['/stats', `/events/${id}`];
        for (const path of paths) await read(t, t.visitor(), path, { on: 1 });
        const keys = [...(await timesToLive(t)).keys()];
        let spoilt = 0;
        for (const key of keys) spoilt += await overwrite(t, key, spoil);
        if (spoilt === 0 && spoil === emptyIfLong) continue; // An event that is kept field by field has no long value.
        if (spoilt === 0)
          t.inconclusive('the app keeps its values in a form that this check cannot spoil', 'use strings or hashes');
        t.step(`values in Redis that are now ${what}: ${spoilt}`);
        for (const path of paths) {
          for (const on of [2, 1]) await read(t, t.visitor(), path, { on }, teaching);
          const calls = await callsDuring(t.supplier, () => read(t, t.visitor(), path, { on: 2 }));
          t.require(calls === 0, {
            expected: 'no call to the supplier: the value was replaced',
            seen: inCalls(calls),
            because: 'Every reader fetches the value again, because nobody replaces the one that can’t be parsed.',
          });
        }
      }
    },
    { further: true },
  );
}

/**
 * Leaves numbers, which are counters or versions, and types other than strings and hashes, such as lists of who waits. The
 * time to live stays.
 * @returns how many values were overwritten.
 */
async function overwrite(t: Stage, key: string, spoil: (value: string) => string): Promise<number> {
  const { client } = t.redis;
  const type = await client.type(key);
  const isValue = (value: string | null) => value !== null && !/^\d+$/.test(value);
  if (type === 'string') {
    const value = await client.get(key);
    const ttlMs = await client.pttl(key);
    if (value === null || !isValue(value) || spoil(value) === value) return 0;
    await client.set(key, spoil(value), 'PX', Math.max(ttlMs, 1_000));
    return 1;
  }
  if (type !== 'hash') return 0;
  const fields = Object.entries(await client.hgetall(key)).filter(
    ([, value]) => isValue(value) && spoil(value) !== value,
  );
  for (const [field, value] of fields) await client.hset(key, field, spoil(value));
  return fields.length;
}
