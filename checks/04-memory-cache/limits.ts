import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition } from '../harness/sdk/index.ts';
import { callsThatWillFail } from './fails-late.ts';
import { flood } from './flood.ts';
import { read, readAgainForNothing, turnedAway } from './steps.ts';

/** Of six thousand. The first half may fill a cache up to its limit. The second half must not make it grow. */
const half = 3_000;
/** 3,000 entries with a name of 950 characters are 7 MB. */
const growthLimitMb = 2.5;
/** By then the connections of the flood are closed, and what they held is free. */
const settledMs = 100;

const notAnswered = {
  because:
    'The cache is full, and now it throws: node-cache with maxKeys refuses new entries. A cache that has no room for an answer must still give it.',
  lookAt: 'what happens to an answer that the cache has no room for?',
};

/** What a cache may cost. */
export function limitBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'bounded',
    'six thousand made-up query strings do not grow the heap without bound',
    {
      because:
        'Each made-up query string leaves something in memory: an entry, or its name in an index of entries. A time to live does not help: the memory is full before the first entry expires.',
      lookAt:
        'how many entries can there be at most, which one goes when there is one too many, and what else is kept for each?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      const { probe } = t.app();
      const heaps: number[] = [];
      const failing = await callsThatWillFail(t);
      for (const from of [0, half]) {
        const statuses = await flood(t.app().url, from, half);
        t.step(`${half.toLocaleString('en')} times GET /events?city=… with made-up cities`);
        const refused = [...statuses].find(([status]) => status !== 200);
        t.require(!refused, {
          expected: '200 to each: a city without events has an empty list',
          seen: refused ? `${refused[1]} times ${refused[0] || 'a broken connection'}` : '',
          ...((refused?.[0] ?? 0) >= 400 && (refused?.[0] ?? 0) < 500 ? turnedAway : notAnswered),
        });
        const { heapUsed } = await probe.readAfterGc();
        await delay(settledMs);
        heaps.push(Math.min(heapUsed, (await probe.readAfterGc()).heapUsed));
        if (from === 0) await failing.mustLeaveNothing();
      }
      const [before = 0, after = 0] = heaps;
      t.atMost('growth of the heap by 3,000 more', Math.max(0, after - before) / 1e6, growthLimitMb, 'MB');
    },
    { limitMs: 60_000, further: true },
  );

  behaviour(
    'full-cache',
    'a full cache still makes room for what is read now',
    {
      because:
        'The cache is full of entries that nobody reads again, and new ones are turned away. Anybody who makes up query strings switches it off for everybody.',
      lookAt: 'when the cache is full, is it the old entries that go, or the new ones?',
    },
    async (t) => {
      await t.supplier.setLatency(0);
      t.step('after six thousand made-up query strings');
      for (const path of ['/events/301', '/events?city=madrid&page=3']) {
        await readAgainForNothing(t, await read(t.visitor(), path), path);
      }
    },
    { further: true },
  );
}
