import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage, SupplierHandle, Teaching } from '../harness/sdk/index.ts';
import { ada, arrived, eventIn, heldMs, linus, read, unavailable } from './steps.ts';

const shortTtlS = 2;
/** 30 days. */
const longTtlS = 2_592_000;
/** By then an entry with the short time to live is over, also where its end is rounded up to a whole second. */
const overMs = 3_300;
const list = '/events?city=dublin&page=1';
const otherList = '/events?city=athens&page=1';
const thirdList = '/events?city=riga&page=1';
const emptyList = '/events?city=atlantis&page=1';

/** The shop itself writes to event 11, all the time. Another shop sells seats of event 1. */
const writtenList = '/events?city=berlin&page=1';

const notFromTtl = 'what ends an entry that nobody writes to, and is it CACHE_TTL_S after the entry was written?';

/** For how long an entry is answered from. */
export function expiryBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'expires',
    'entries expire after CACHE_TTL_S, however often they are read',
    {
      because:
        'Other shops sell from the same box office, and nobody tells this one. An entry that does not expire, or whose time to live each read renews, says forever what was true once.',
      lookAt: notFromTtl,
    },
    async (t) => {
      // With a supplier of its own, because it runs beside behaviours that count the calls to the other one.
      const supplier = await t.startSupplier({ latencyMs: 20, atOnce: 10 });
      const [short, long, selling] = await Promise.all(
        [shortTtlS, longTtlS, shortTtlS].map((ttlS) =>
          t.startExtra({ env: { SUPPLIER_URL: supplier.url, CACHE_TTL_S: String(ttlS) } }),
        ),
      );
      if (!short || !long || !selling) return;
      const visitor = t.visitor({ at: short });
      for (const path of ['/events/5', list, '/events/8', otherList, '/events/9', thirdList, '/events/7', emptyList])
        await read(visitor, path);
      for (const customer of [ada, linus]) await read(visitor, '/me/offers', customer);
      for (const [path, headers] of keptLong) await read(t.visitor({ at: long }), path, headers);
      const seller = t.visitor({ at: selling });
      await read(seller, writtenList);
      const until = performance.now() + overMs;
      for (const id of ['5', '8', '9', '1']) await supplier.change(id, { seatsLeft: 3 });
      // They are read all the time, so that a time to live that each read renews never ends.
      let seatsLeft = 10;
      while (performance.now() < until) {
        for (const path of ['/events/5', list]) await read(visitor, path);
        (await seller.put('/events/11', { seatsLeft: seatsLeft++ })).mustBe(200);
        await delay(50);
      }
      t.trail.begin(`an instance with CACHE_TTL_S=${shortTtlS}`);
      t.step(`another shop sells seats of the events 5 and 8, ${overMs / 1000} s ago`);
      for (const path of ['/events/5', list]) await mustBeNew(t, short, path, '5', {});
      // Nobody has read these since, so an app that first answers what it has, and asks then, is found out.
      for (const path of ['/events/8', otherList]) await mustBeNew(t, short, path, '8', answersFirst);
      for (const path of ['/events/9', thirdList]) await othersWaitToo(t, supplier, short, path);
      t.trail.begin(`an instance with CACHE_TTL_S=${shortTtlS}, which sells seats of event 11 all the time`);
      t.step(`another shop sells seats of event 1, ${overMs / 1000} s ago`);
      await mustBeNew(t, selling, writtenList, '1', writesRenew);
      t.trail.begin();
      await supplier.fail({ how: 503 });
      await keptIsAnswered(t, long);
      await overIsNotAnswered(t, short);
    },
    { background: true, limitMs: 40_000 },
  );
}

const answersFirst = {
  because:
    'The entry was over, and the first reader still got it. Nobody had read it for longer than CACHE_TTL_S, and however old it gets, the next reader is told what was true then.',
  lookAt: 'what does a reader get when the entry is over: the old answer, or a new one?',
};

const othersGetTheOld = {
  because:
    'The entry was over. Somebody was already asking the supplier for the new one, and the readers who came meanwhile still got the old answer. If the supplier is slow or hangs, that goes on for as long.',
  lookAt: 'what does a reader get when the entry is over and somebody else is asking for the new one?',
};

const writesRenew = {
  because:
    'A write of the shop changed one event in the kept list, and the list got a new time to live. The other events in it are as old as before, and while the shop sells, the list never expires.',
  lookAt: 'when a write changes a part of an entry, when does the entry end?',
};

async function mustBeNew(t: Stage, at: Instance, path: string, id: string, teaching: Partial<Teaching>) {
  const answer = await read(t.visitor({ at }), path);
  const seats = (eventIn(answer, id) ?? answer.json)?.seatsLeft;
  t.require(seats === 3, { expected: `event ${id} with seatsLeft 3`, seen: `seatsLeft ${seats}`, ...teaching });
}

/** The entry is over, somebody asks for the new one, and a second reader comes before the supplier has answered. */
async function othersWaitToo(t: Stage, supplier: SupplierHandle, at: Instance, path: string): Promise<void> {
  t.trail.begin(`an instance with CACHE_TTL_S=${shortTtlS}`);
  t.step(`another shop sells seats of event 9, ${overMs / 1000} s ago`);
  await supplier.setLatency(heldMs);
  await supplier.reset();
  const trailLength = t.trail.length;
  const first = read(t.visitor({ at }), path);
  first.catch(() => {}); // Awaited below, unless something fails before.
  await t.until('the read to reach the supplier', async () => (await supplier.total()) > 0);
  const second = read(t.visitor({ at }), path);
  second.catch(() => {}); // Awaited below, unless something fails before.
  await arrived(t, at);
  await supplier.setLatency(0);
  await supplier.release();
  const answers = [await first, await second];
  t.trail.retell(trailLength, `GET ${path} by a reader, and the supplier is slow`);
  t.step(`GET ${path} by another reader meanwhile`, '200');
  for (const answer of answers) {
    const seats = (eventIn(answer, '9') ?? answer.json)?.seatsLeft;
    t.require(seats === 3, {
      expected: 'event 9 with seatsLeft 3, for both',
      seen: `seatsLeft ${seats}`,
      ...othersGetTheOld,
    });
  }
}

const keptLong = [
  ['/events/5', {}],
  [list, {}],
  ['/me/offers', ada],
] as const;

/** The supplier fails by now: an answer can only be one that was kept. */
async function keptIsAnswered(t: Stage, at: Instance): Promise<void> {
  for (const [path, headers] of keptLong) {
    t.trail.begin(
      `an instance with CACHE_TTL_S=${longTtlS}, which has read this a few seconds ago; the supplier fails`,
    );
    await read(t.visitor({ at }), path, headers, {
      because: `The shop asked again after a few seconds, and CACHE_TTL_S was ${longTtlS}: the answer was not kept, or not for so long. Either the time does not come from CACHE_TTL_S, or a timer counts it: one of Node lasts at most 2,147,483,647 ms, which is 24.8 days, and one that is told a longer time ends after 1 ms.`,
      lookAt: notFromTtl,
    });
  }
}

async function overIsNotAnswered(t: Stage, at: Instance): Promise<void> {
  for (const [path, headers] of [
    ['/events/7', {}],
    ['/me/offers', ada],
    // Nothing to show is an answer like any other.
    [emptyList, {}],
    ['/me/offers', linus],
  ] as const) {
    t.trail.begin(
      `an instance with CACHE_TTL_S=${shortTtlS}, ${overMs / 1000} s after the last read; the supplier fails`,
    );
    (await t.visitor({ at }).get(path, { headers })).mustBe(unavailable, {
      because:
        'The supplier failed, and the shop did not say so: it answered from an entry that was over, or made an answer up.',
      lookAt: 'what does a reader get when the entry is over and the supplier fails?',
    });
  }
}
