import { isDeepStrictEqual } from 'node:util';
import { type CheckDefinition, excerpt, lastAttempt, type Stage } from '../harness/sdk/index.ts';
import { FarInstance } from './far-instance.ts';
import { mustOutliveAReader } from './hang-up.ts';
import { mustKeepKeysApart } from './keys-of-ids.ts';
import { mustLookAgain } from './second-look.ts';
import {
  callsDuring,
  crowd,
  haveLooked,
  heldMs,
  inCalls,
  prepareLooks,
  read,
  requirePrice,
  takeOverFromMs,
} from './steps.ts';

const readers = 100;
/** More bytes than characters, and what quotes and escapes make trouble of. */
const uncommonTitle = 'Zoë’s “Café 東京” \\ part\t2, 5 € 🎸';
/** Fifteen digits: JavaScript keeps them, and so does JSON. */
const largePrice = 123_456_789_012_345;
const lostDigits = {
  because:
    'A large number has lost digits on its way through the cache. JSON keeps them. Others round, such as cjson in a Lua script, which writes at most 14 digits.',
  lookAt: 'which programs turn the answer into text and back between the supplier and the reader?',
};
const lostTitle = {
  because: `Other events are shared, and this one is not. Its title is ${uncommonTitle.replace('\t', ' ')}, which is longer in bytes than in characters.`,
  lookAt: 'what becomes of a text on its way into Redis and out of it, if it is not only made of ASCII?',
};

/** One cache, and one call for everybody who misses the same entry. */
export function sharingBehaviours(behaviour: CheckDefinition['behaviour']): void {
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
      await t.supplier.change('15', { title: uncommonTitle });
      await t.supplier.change('16', { priceCents: largePrice });
      await prepareLooks(t);
      for (const [path, first, second, teaching] of [
        ['/stats', 1, 2, {}],
        ['/events/5', 2, 1, {}],
        ['/events/15', 2, 1, lostTitle],
        ['/events/16', 1, 2, {}],
      ] as const) {
        const { before, after, calls } = await readOnBoth(t, path, first, second);
        t.require(calls === 0, { expected: 'no call to the supplier', seen: inCalls(calls), ...teaching });
        const again = await callsDuring(t.supplier, () =>
          read(t, t.visitor(), `${path}?from=newsletter&lang=de`, { on: second }),
        );
        t.require(again === 0, {
          expected: 'no call to the supplier',
          seen: inCalls(again),
          because:
            'The query string is a part of the key. Each link in a newsletter has another one, and each is a miss.',
          lookAt: 'what is the key of an entry made of, and which parts of the address change the answer?',
        });
        for (const answer of path === '/events/16' ? [before, after] : [])
          requirePrice(t, answer, largePrice, lostDigits);
        t.require(isDeepStrictEqual(after.json, before.json), {
          expected: before.text,
          seen: after.text,
          because: 'The answer from the cache is not the answer that was kept.',
          lookAt: 'what is written into the cache, and what is made of it when it is read?',
        });
      }
      for (const on of [1, 2]) {
        (await t.visitor().get('/events/stats', { on })).mustBe(404, {
          because: 'There is no event “stats”. Perhaps its key in the cache is also the key of the statistics.',
          lookAt: 'how is the key of an event made, and what else is kept under such a key?',
        });
      }
    },
  );

  behaviour(
    'stampede',
    `${readers} cold reads at once over both instances ask the supplier once`,
    {
      because:
        'There is no entry until the supplier has answered. Everybody who comes before that asks, too: a cache stampede, each time a popular entry expires.',
      lookAt: 'what does a reader find while another one is still waiting for the supplier?',
    },
    async (t) => {
      const far = new FarInstance(t, await t.redis.openDoor());
      // The statistics have been read.
      await keepNothing(t);
      for (const path of ['/events/31', '/stats']) await mustAskOnce(t, path);
      for (const on of [1, 2]) await mustOutliveAReader(t, `/events/${33 + on}`, on);
      await far.ready();
      await mustLookAgain(t, far);
      await mustKeepKeysApart(t); // Last: an app without a lock that works must not be told about its key.
    },
  );
}

/** Redis may be too late for an app on a machine that others keep busy: then both are asked again, with nothing kept. */
function readOnBoth(t: Stage, path: string, first: number, second: number) {
  let again = false;
  return lastAttempt(
    async () => {
      if (again) await keepNothing(t);
      again = true;
      t.trail.begin();
      const before = await read(t, t.visitor(), path, { on: first });
      let after = before;
      const calls = await callsDuring(t.supplier, async () => {
        after = await read(t, t.visitor(), path, { on: second });
      });
      return { before, after, calls };
    },
    ({ calls }) => calls === 0,
  );
}

/** Neither in Redis nor in a process. */
async function keepNothing(t: Stage): Promise<void> {
  await t.restart();
  await t.redis.clear();
  await prepareLooks(t);
}

/** A crowd, while the supplier keeps its first answer. Readers may lose patience on a machine that others keep busy: then again. */
function askTogether(t: Stage, path: string) {
  let again = false;
  return lastAttempt(
    async () => {
      if (again) await keepNothing(t);
      again = true;
      const urls = [t.app(1).url, t.app(2).url]; // After a restart it listens on other ports.
      await t.supplier.setLatency(heldMs);
      await t.supplier.reset();
      t.trail.begin(`${readers} times GET ${path} at once, over both instances`);
      const askedFrom = performance.now();
      const asked = crowd(urls, path, readers);
      await haveLooked(urls);
      await t.until('a call to the supplier', async () => (await t.supplier.total()) > 0);
      const held = await t.supplier.total();
      const heldForMs = performance.now() - askedFrom;
      await t.supplier.setLatency(0);
      await t.supplier.release();
      const answers = await asked;
      const calls = await t.supplier.total();
      // By then a lock may have expired, or a process that could not renew its own may have lost it.
      return { answers, calls, held, tookMs: held > 1 ? heldForMs : performance.now() - askedFrom };
    },
    ({ calls }) => calls <= 2,
  );
}

async function mustAskOnce(t: Stage, path: string): Promise<void> {
  const { answers, calls, held, tookMs } = await askTogether(t, path);
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
      'A reader found neither an entry nor anybody who was asking, because the answer had just arrived. So it asked again.',
    lookAt: 'what may have changed between the look for the entry and the moment when a reader may ask?',
  });
  const bad = answers.find(({ status }) => status !== 200);
  t.require(!bad, {
    expected: `${readers} times 200`,
    seen: `${answers.filter(({ status }) => status !== 200).length} others, such as ${bad?.status} ${excerpt(bad?.text ?? '')}`,
    because: 'Readers who wait for another reader’s call must get its answer.',
    lookAt: 'what does a reader do that may not ask the supplier itself?',
  });
  const [first, ...others] = answers.map(({ text }) => parsed(text));
  t.require(
    others.every((other) => isDeepStrictEqual(other, first)),
    {
      expected: 'equal answers',
      seen: 'answers that differ',
      because: 'All of them waited for the same call, and they were not given the same answer.',
      lookAt: 'what is handed to the readers who waited?',
    },
  );
}

/** Equal objects may have their fields in another order. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
