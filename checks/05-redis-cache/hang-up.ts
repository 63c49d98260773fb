import type { Stage } from '../harness/sdk/index.ts';
import { follow, haveLooked, heldMs } from './steps.ts';

/** The reader who asked first goes away, and another one waits for the same answer. */
export async function mustOutliveAReader(t: Stage, path: string, on: number): Promise<void> {
  const urls = [t.app(1).url, t.app(2).url];
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  t.trail.begin(`GET ${path} on instance 1, and the supplier is slow`);
  const leaves = new AbortController();
  const first = t.visitor().get(path, { on: 1, signal: leaves.signal });
  first.catch(() => {}); // It gets no answer.
  await t.until('the read to reach the supplier', async () => (await t.supplier.total()) > 0);
  const stays = follow(t.visitor().get(path, { on }));
  await haveLooked(urls);
  leaves.abort();
  await haveLooked(urls); // What the app answers after the hang-up, it answers knowing of it.
  await t.supplier.setLatency(0);
  await t.supplier.release();
  const answer = await stays.promise;
  t.trail.retell(1, `the same on instance ${on}, by another reader; then the first one hangs up`);
  answer.mustBe(200, {
    because:
      'Two readers waited for the same thing. The first of them hung up, and the other one got an error, although the supplier answered.',
    lookAt: 'what does the app end when a reader hangs up, and who else waits for it?',
  });
}
