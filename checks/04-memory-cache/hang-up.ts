import type { Stage } from '../harness/sdk/index.ts';
import { arrived, heldMs } from './steps.ts';

/** Two readers wait for one answer, and the one who asked first goes away. */
export async function hangUpIsNobodyElses(t: Stage, path: string, headers: Record<string, string>): Promise<void> {
  t.trail.begin();
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  t.step(`GET ${path}, and the supplier is slow`);
  const trailLength = t.trail.length;
  const leaves = new AbortController();
  t.visitor()
    .get(path, { headers, signal: leaves.signal })
    .catch(() => {}); // It gets no answer.
  await t.until('the read to reach the supplier', async () => (await t.supplier.total()) > 0);
  const stays = t.visitor().get(path, { headers });
  stays.catch(() => {}); // Awaited below, unless something fails before.
  await arrived(t);
  leaves.abort();
  await arrived(t); // What the app answers after the hang-up, it answers knowing of it.
  await t.supplier.setLatency(0);
  await t.supplier.release();
  const answer = await stays;
  t.trail.retell(trailLength, 'the same, by somebody else; then the first reader hangs up');
  answer.mustBe(200, {
    because:
      'Two readers waited for the same thing. The first of them hung up, and the other one got an error, although the supplier answered.',
    lookAt: 'what does the app end when a reader hangs up, and who else waits for it?',
  });
}
