import { isDeepStrictEqual } from 'node:util';
import { defineCheck } from '../harness/sdk/index.ts';
import { keyBehaviours } from './keys.ts';
import lesson from './lesson.ts';
import { outageBehaviours } from './outages.ts';
import { callsDuring, crowd, haveLooked, heldMs, inCalls, prepareLooks, read, takeOverFromMs } from './steps.ts';
import { supplierWatch } from './supplier-watch.ts';
import { truthBehaviours } from './truth.ts';

const readers = 200;

defineCheck(lesson, ({ behaviour, load }) => {
  behaviour(
    'shared',
    'what one instance has asked for, the other need not ask for again',
    {
      because:
        'Each process has a cache of its own. With ten instances the supplier is asked ten times for the same thing.',
      lookAt: 'where does the cache keep its entries, and which instances can read there?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      await prepareLooks(t);
      for (const [path, first, second] of [
        ['/stats', 1, 2],
        ['/events/7', 2, 1],
      ] as const) {
        t.trail.splice(0);
        const before = await read(t, t.visitor(), path, { on: first });
        const calls = await callsDuring(t.supplier, async () => {
          const after = await read(t, t.visitor(), path, { on: second });
          t.require(isDeepStrictEqual(after.json, before.json), { expected: before.text, seen: after.text });
        });
        t.require(calls === 0, { expected: 'no call to the supplier', seen: inCalls(calls) });
      }
    },
  );

  behaviour(
    'stampede',
    `${readers} cold reads at once over both instances ask the supplier once`,
    {
      because:
        'The entry is there only when the answer has come. Until then everybody who misses it asks, too: a cache stampede, each time a popular entry expires.',
      lookAt: 'what does a reader find while another one is still waiting for the supplier?',
    },
    async (t) => {
      const urls = [t.app(1).url, t.app(2).url];
      await prepareLooks(t);
      await t.supplier.setLatency(heldMs);
      await t.supplier.reset();
      t.trail.splice(0, t.trail.length, `${readers} times GET /events/31 at once, over both instances`);
      const askedFrom = performance.now();
      const asked = crowd(urls, '/events/31', readers);
      await haveLooked(urls);
      await t.until('a call to the supplier', async () => (await t.supplier.total()) > 0);
      const held = await t.supplier.total();
      const heldForMs = performance.now() - askedFrom;
      await t.supplier.setLatency(0);
      await t.supplier.release();
      const answers = await asked;
      const calls = await t.supplier.total();
      // By then a claim may have ended, or a process that could not renew its own lost it.
      const tookMs = held > 1 ? heldForMs : performance.now() - askedFrom;
      if (calls > 1 && calls <= 3 && tookMs > takeOverFromMs)
        t.inconclusive('the machine was too busy to send all readers while one answer was under way');
      t.require(held !== 2, {
        expected: '1 call to the supplier',
        seen: '2 calls, one for each instance',
        because:
          'The readers of one process wait for each other, but no process knows what the other one is asking for. With ten instances it is ten calls.',
        lookAt: 'who tells the other instance that an answer is under way?',
      });
      t.require(held === 1, { expected: '1 call to the supplier', seen: inCalls(held) });
      t.require(calls === 1, {
        expected: '1 call to the supplier',
        seen: `1 call, and ${calls - 1} more when it had been answered`,
        because:
          'A reader found no entry, and then nobody who was asking, because the answer had come in between. So it asked once more.',
        lookAt: 'what has changed between the look for the entry and the moment when a reader may ask?',
      });
      const bad = answers.find(({ status }) => status !== 200);
      t.require(!bad, {
        expected: `${readers} times 200`,
        seen: `${answers.filter(({ status }) => status !== 200).length} others, such as ${bad?.status} ${bad?.text}`,
        because: 'Readers who wait for the one that asks must get its answer.',
        lookAt: 'what becomes of a reader that may not ask by itself?',
      });
      const [first, ...others] = answers.map(({ text }) => parsed(text));
      t.require(
        others.every((other) => isDeepStrictEqual(other, first)),
        { expected: 'equal answers', seen: 'answers that differ' },
      );
    },
  );

  truthBehaviours(behaviour);
  keyBehaviours(behaviour);
  outageBehaviours(behaviour);

  load(async (t) => {
    await t.restart(undefined, { env: { CACHE_TTL_S: '2' } });
    return { watch: () => supplierWatch(t) };
  });
});

/** Two that say the same may differ in the order of their fields. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
