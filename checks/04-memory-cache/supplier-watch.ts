import type { LoadFinding, Stage } from '../harness/sdk/index.ts';
import { inCalls, read } from './steps.ts';

/** The two lists and 48 events that load.yml reads. */
const cities = ['berlin', 'oslo'];
const eventIds = Array.from({ length: 48 }, (_, index) => String(index + 101));

/** A write makes its event and the lists wrong: 3 entries of the 50 in the load. */
const callsForEachWrite = 8;

/** Reads everything once, so that the load finds a warm cache, and counts what the load then asks of the supplier. */
export async function supplierWatch(t: Stage): Promise<() => Promise<LoadFinding>> {
  const visitor = t.visitor();
  const paths = [...cities.map((city) => `/events?city=${city}&page=1`), ...eventIds.map((id) => `/events/${id}`)];
  await Promise.all(paths.map((path) => read(visitor, path)));
  await t.supplier.reset();
  return async () => {
    const { 'PUT /events/:id': writes, ...others } = await t.supplier.calls();
    const reads = Object.values(others).reduce((sum, count) => sum + count, 0);
    const limit = callsForEachWrite * writes;
    const note = `${inCalls(reads)} for reads beside ${writes} writes, limit ${limit}`;
    const figure = { title: 'calls to the supplier for reads', measured: reads, limit, unit: 'calls' };
    if (reads <= limit) return { note, figure };
    return {
      note,
      figure,
      failure: {
        kind: 'target',
        trail: [{ what: `the load run, ${writes} writes` }],
        expected: `at most ${limit} calls to the supplier (${callsForEachWrite} for each write)`,
        seen: inCalls(reads),
        because:
          'The supplier is asked far more often than things change. Either answers are not kept, or a write throws away what it did not touch.',
        lookAt: 'how many of the kept entries does one PUT /events/:id drop, and how many of them were wrong?',
      },
    };
  };
}
