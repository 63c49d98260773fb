import type { RedisHandle, Stage, SupplierHandle, Visitor } from '../harness/sdk/index.ts';
import { mustTryAgainAtOnce } from './after-failures.ts';
import { change, read, requirePrice } from './steps.ts';

interface Services {
  supplier: SupplierHandle;
  redis: RedisHandle;
}

const scriptIsGone = {
  because:
    'Redis has restarted and refuses a script of the app: NOSCRIPT. The scripts that reads need are sent again, and the one that gives back the lock of a failed call is not. So the next reader waited until that lock expired.',
  lookAt: 'which scripts does the app have, and what does it do with each when EVALSHA is answered with NOSCRIPT?',
};

/** Until each instance has loaded the scripts that it needs for a failed call and for a write. Not judged here. */
export async function useAllScripts(t: Stage, visitors: readonly Visitor[], supplier: SupplierHandle): Promise<void> {
  const trailLength = t.trail.length;
  for (const [index, visitor] of visitors.entries()) {
    await supplier.fail({ how: 503 });
    await visitor.get(`/events/${231 + index}`);
    await supplier.heal();
    await visitor.put(`/events/${231 + index}`, { priceCents: 1_234 });
  }
  t.trail.retell(trailLength);
}

/** A Redis that has restarted knows none of the app's scripts, and some are needed by something other than a good read. */
export async function mustDoAllAgain(
  t: Stage,
  visitors: readonly [Visitor, Visitor],
  { supplier, redis, writeTo, firstId }: Services & { writeTo: string; firstId: number },
): Promise<void> {
  const trailLength = t.trail.length;
  const [one, other] = visitors;
  const refused = await redis.unknownScripts();
  const whyNot = async () => ((await redis.unknownScripts()) > refused ? scriptIsGone : {});
  await mustTryAgainAtOnce(t, visitors, { supplier, firstId, whyNot });
  const path = `/events/${writeTo}`;
  for (const visitor of visitors) await read(t, visitor, path);
  t.trail.retell(trailLength);
  await change(t, writeTo, { priceCents: 4_321 }, other);
  for (const visitor of [one, other]) {
    requirePrice(t, await read(t, visitor, path), 4_321, {
      because:
        'Redis was back, the write was answered, and the entry from before it is still answered. The command that drops the entry failed. A script that was loaded before is gone after a restart: NOSCRIPT.',
      lookAt: 'with which command does PUT /events/:id drop the entry, and what if Redis does not know that script?',
    });
    t.trail.dropLast();
  }
  t.trail.retell(trailLength);
}
