import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CheckDefinition, Instance, Stage, SupplierHandle } from '../harness/sdk/index.ts';
import { arrived, eventIn, heldMs, patienceMs } from './steps.ts';

const ttlS = 4;
/** In the last fifth of an entry's time, and before its end by more than a read takes. */
const lateMs = 3_700;
const paths = ['/events/7', '/events?page=1'];

/** An app may fetch an entry anew before its end, while it still answers from it. */
export function refreshAhead(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'refresh-ahead',
    'a refresh in the background does not bring back what was true before a write',
    {
      because:
        'A read near the end of an entry’s time had it fetched anew in the background. A write came meanwhile, and then the late answer brought the old value back.',
      lookAt: 'how does whoever keeps the answer to a refresh find out that a write has happened in between?',
    },
    async (t) => {
      // With a supplier of its own, because it runs beside behaviours that slow the other one.
      const supplier = await t.startSupplier({ latencyMs: 0, atOnce: 50 });
      const app = await t.startExtra({ env: { SUPPLIER_URL: supplier.url, CACHE_TTL_S: String(ttlS) } });
      for (const priceCents of [777, 888, 999]) if (await judged(t, { supplier, app, priceCents })) return;
      t.inconclusive('the machine was too busy to read entries in the last fifth of their time');
    },
    { background: true, further: true, limitMs: 40_000 },
  );
}

interface Subject {
  supplier: SupplierHandle;
  app: Instance;
  priceCents: number;
}

/** @returns false when the entries may have been over before they were read again. */
async function judged(t: Stage, { supplier, app, priceCents }: Subject): Promise<boolean> {
  t.trail.begin(`an instance with CACHE_TTL_S=${ttlS}`);
  const read = () => Promise.all(paths.map((path) => t.visitor({ at: app }).get(path)));
  const keptFrom = performance.now();
  const overAt = keptFrom + ttlS * 1_000;
  for (const answer of await read()) answer.mustBe(200);
  t.trail.retell(1, `GET ${paths.join(' and ')}`, '200');
  await delay(Math.max(0, keptFrom + lateMs - performance.now()));
  await supplier.setLatency(heldMs);
  await supplier.reset();
  let answeredAt = Number.POSITIVE_INFINITY;
  const late = read().finally(() => {
    answeredAt = performance.now();
  });
  late.catch(() => {}); // Awaited below, unless something fails before.
  let calls = 0;
  while (calls < paths.length && performance.now() < overAt) {
    await delay(10);
    calls = await supplier.total();
  }
  const inTime = (calls === paths.length ? performance.now() : answeredAt) < overAt;
  await supplier.setLatency(0);
  // Without a call, the app does not refresh. Without a cache, its calls are those of the readers.
  const underWay = inTime && calls > 0;
  if (underWay) {
    t.trail.retell(2, `the same again ${lateMs / 1_000} s later: the supplier is asked, and is slow`);
    await write(t, { supplier, app, priceCents });
  }
  await supplier.release();
  for (const answer of await late) answer.mustBe(200);
  if (!underWay) return inTime;
  await arrived(t, app);
  t.trail.retell(4, 'the supplier answers what it was asked before the write');
  for (const path of paths) mustShow(t, priceCents, await t.visitor({ at: app }).get(path));
  return true;
}

async function write(t: Stage, { supplier, app, priceCents }: Subject): Promise<void> {
  // A write that waits for the reads under way is right, too, and would wait forever.
  const patience = setTimeout(() => supplier.release().catch(() => {}), patienceMs);
  try {
    (await t.visitor({ at: app }).put('/events/7', { priceCents })).mustBe(200);
  } finally {
    clearTimeout(patience);
  }
  t.trail.retell(3, `PUT /events/7 {"priceCents":${priceCents}}`, '200');
}

function mustShow(t: Stage, priceCents: number, answer: Answer): void {
  answer.mustBe(200);
  const shown = (eventIn(answer, '7') ?? answer.json)?.priceCents;
  t.require(shown === priceCents, { expected: `event 7 with priceCents ${priceCents}`, seen: `priceCents ${shown}` });
}
