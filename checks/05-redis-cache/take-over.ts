import { setTimeout as delay } from 'node:timers/promises';
import { attachRun, cacheDir, openRedis, repoDir, type Stage, type Teaching } from '../harness/sdk/index.ts';
import { crowd, haveLooked, heldMs, takeOverFromMs, untilKept } from './steps.ts';

/** By then a reader who waits for one that died has recovered; one that renews its claim has been left alone. */
const takenOverWithinMs = 3_200;
/** A claim of a second that ends a moment early is none that ends early. */
const tooEarlyMs = 0.9 * takeOverFromMs;
const path = '/events/7';

/**
 * The first call hangs. If another reader takes over, the first call fails while the second is under way, and new readers
 * come: they must find that somebody asks. With services of its own, because it runs beside the other behaviours.
 */
export async function requireOneAtATime(t: Stage): Promise<void> {
  const supplier = await t.startSupplier({ latencyMs: 0, atOnce: 50 });
  const redis = await openRedis({ run: attachRun(), cacheDir, repoDir, env: process.env, onProgress: () => {} });
  try {
    const env = { SUPPLIER_URL: supplier.url, REDIS_URL: redis.appUrl };
    const [one, two] = await Promise.all([t.startExtra({ env }), t.startExtra({ env })]);
    for (const at of [one, two]) await untilKept(t.visitor({ at }), supplier, '/events/1');
    t.trail.splice(0);
    const urls = [one.url, two.url];
    await supplier.setLatency(heldMs);
    await supplier.reset();
    await supplier.fail({ how: 'hang', times: 1 });
    t.step(`GET ${path} on instance 1, and the supplier does not answer`);
    const sentAt = performance.now();
    const first = crowd([one.url], path, 1);
    await t.until('the first call', async () => (await supplier.total()) > 0);
    const hangsFrom = performance.now();
    const waiting = crowd(urls, path, 20);
    t.step('20 more readers on both instances');
    // When the second call began is not known, but that it had not at this time is.
    let notYetAt = performance.now();
    let calls = await supplier.total();
    while (calls < 2 && performance.now() - hangsFrom < takenOverWithinMs) {
      await delay(10);
      const before = performance.now();
      calls = await supplier.total();
      if (calls < 2) notYetAt = before;
    }
    const tookOver = calls >= 2;
    /** Whoever has waited for the second call for a second may ask, too. */
    const requireTwo = (expected: string, teaching: Partial<Teaching> = {}) => {
      if (calls > 2 && tookOver && performance.now() - notYetAt > takeOverFromMs)
        t.inconclusive('the machine was too busy to send readers while an answer was under way');
      t.require(calls <= 2, { expected, seen: `${calls}`, ...teaching });
    };
    if (tookOver) {
      t.step(`another reader asks after ${((performance.now() - hangsFrom) / 1_000).toFixed(1)} s`);
      const afterMs = performance.now() - sentAt;
      t.require(afterMs > tooEarlyMs, {
        expected: `nobody else to ask for ${takeOverFromMs / 1_000} s`,
        seen: `a second call after ${(afterMs / 1_000).toFixed(1)} s`,
        because:
          'The first one was only slow, and its claim was over. A supplier that is slow because it has much to do is asked for everything twice.',
        lookAt: 'how long does a claim last whose owner still waits for the supplier?',
      });
      const expected = '2 calls to the supplier, the first and that of the one who takes over';
      const together = {
        because: 'Those who wait give up together and ask by themselves: the stampede comes after all, only later.',
        lookAt: 'what do those who wait do when it takes too long, and who decides which of them may ask?',
      };
      requireTwo(expected, together);
      await haveLooked(urls); // Others would do the same at the same time.
      calls = await supplier.total();
      requireTwo(expected, together);
    }
    await supplier.heal(); // The connection of the call that hung breaks, so it fails.
    t.step('the first call fails');
    await Promise.race([first, delay(100)]); // Its reader may also be made to wait for the second.
    await haveLooked(urls);
    t.step('20 new readers on both instances');
    const late = crowd(urls, path, 20);
    await haveLooked(urls);
    calls = await supplier.total();
    const afterFailure = {
      because:
        'The first call failed, and more than one of those who had waited for it or came after it asked by themselves.',
      lookAt: 'when the one that asks has failed, who decides which reader may try again?',
    };
    requireTwo('2 calls to the supplier', tookOver ? {} : afterFailure);
    await supplier.setLatency(0);
    await supplier.release();
    await Promise.all([waiting, first]);
    const wrong = (await late).find(({ status }) => status !== 200);
    t.require(!wrong, {
      expected: '200 for each of the new readers',
      seen: `${wrong?.status} ${wrong?.text}`,
      because: 'The supplier is well again, and readers who came after that still get an error.',
      lookAt: 'what do readers get who come while another one has taken over?',
    });
  } finally {
    await redis.close();
  }
}
