import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition } from '../harness/sdk/index.ts';
import { change, hasCaughtUp, heldMs, patienceMs, read, requirePrice, untilKept } from './steps.ts';

const shortTtlS = 2;
const path = '/events/41';

/** A popular entry may be refreshed before it expires, or when it has. A write that comes meanwhile must not be undone. */
export function refreshBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'write-beats-refresh',
    'a write while an entry is being refreshed is not undone',
    {
      because:
        'The entry was being fetched again when the write came. The write dropped it, and then the answer from before the write was put into Redis.',
      lookAt: 'how does whatever refreshes an entry find out that a write has happened since it asked?',
    },
    async (t) => {
      // With services of its own, because it runs beside behaviours that count calls.
      const [supplier, redis] = await Promise.all([t.startSupplier({ latencyMs: 0, atOnce: 10 }), t.startRedis()]);
      const env = { SUPPLIER_URL: supplier.url, REDIS_URL: redis.appUrl, CACHE_TTL_S: String(shortTtlS) };
      const [one, two] = await Promise.all([t.startExtra({ env }), t.startExtra({ env })]);
      const [reader, writer] = [t.visitor({ at: one }), t.visitor({ at: two })];
      for (const visitor of [reader, writer]) await untilKept(visitor, supplier, path);
      t.trail.begin(`two instances with CACHE_TTL_S=${shortTtlS}`);
      t.step(`GET ${path}, again and again, until the app asks the supplier again, which is slow`);
      await supplier.setLatency(heldMs);
      await supplier.reset();
      const reads: Promise<unknown>[] = [];
      await t.until('a call to the supplier', async () => {
        reads.push(reader.get(path, { deadlineMs: 10_000 }).catch(() => {})); // The last ones wait for it.
        await delay(30);
        return (await supplier.total()) > 0;
      });
      await supplier.setLatency(0); // The write overtakes the refresh.
      // A write that waits for the reads under way is right, too.
      const patience = setTimeout(() => supplier.release().catch(() => {}), patienceMs);
      try {
        await change(t, '41', { priceCents: 777 }, writer);
      } finally {
        clearTimeout(patience);
      }
      await supplier.release();
      await Promise.all(reads);
      await hasCaughtUp(one.url); // It may answer before it keeps the answer.
      t.trail.retell(2, `PUT ${path} {"priceCents":777} on the other instance`);
      t.step('the supplier answers what it was asked before');
      for (const visitor of [writer, reader]) requirePrice(t, await read(t, visitor, path), 777);
    },
    { background: true, limitMs: 30_000, further: true },
  );
}
