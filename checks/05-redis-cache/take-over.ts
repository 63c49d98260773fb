import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Stage, Teaching } from '../harness/sdk/index.ts';
import { crowd, haveLooked, heldMs, takeOverFromMs, untilKept } from './steps.ts';

/** By then a reader that waits for a dead one has recovered. A reader that renews its lock is still the only one that asks. */
const takenOverWithinMs = 3_200;
/** A lock of a second may expire a moment early. */
const tooEarlyMs = 0.9 * takeOverFromMs;
const path = '/events/7';

/** What readers do when the supplier does not answer the one that asks. */
export function takeOverBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'takes-over',
    'when an answer does not come, one other reader may take over, not all, and nobody else asks meanwhile',
    {
      because:
        'The first call took longer than its lock lived, and another reader took over. Then the first call failed, and new readers asked, too. Most often the first reader released a lock that was no longer its own.',
      lookAt: 'how does a reader that releases the lock know that it still owns it?',
    },
    requireOneAtATime,
    { background: true, limitMs: 30_000, further: true },
  );
}

/**
 * The first call hangs. If another reader takes over, the first call fails while the second is under way. Readers who come
 * then must find that somebody asks. With services of its own, because it runs beside the other behaviours.
 */
async function requireOneAtATime(t: Stage): Promise<void> {
  const supplier = await t.startSupplier({ latencyMs: 0, atOnce: 50 });
  const redis = await t.startRedis();
  const env = { SUPPLIER_URL: supplier.url, REDIS_URL: redis.appUrl };
  const [one, two] = await Promise.all([t.startExtra({ env }), t.startExtra({ env })]);
  for (const at of [one, two]) await untilKept(t.visitor({ at }), supplier, '/events/1');
  t.trail.begin();
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
  // When exactly the second call began is not known. At this time it had not begun yet.
  let notYetAt = performance.now();
  let calls = await supplier.total();
  while (calls < 2 && performance.now() - hangsFrom < takenOverWithinMs) {
    await delay(10);
    const before = performance.now();
    calls = await supplier.total();
    if (calls < 2) notYetAt = before;
  }
  const tookOver = calls >= 2;
  /** A reader that has waited for the second call for a second may ask, too. */
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
        'The first call was only slow, and its lock had expired. A supplier that is slow because it is overloaded is asked for everything twice.',
      lookAt: 'how long does a lock live while its owner still waits for the supplier?',
    });
    const expected = '2 calls to the supplier: the first, and that of the reader that takes over';
    const together = {
      because: 'The readers that wait give up together, and each of them asks. The stampede still happens, only later.',
      lookAt: 'what do waiting readers do when it takes too long, and what decides which of them may ask?',
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
    because: 'The first call failed, and more than one of the readers that had waited for it, or came after it, asked.',
    lookAt: 'when the call of one reader has failed, what decides which reader may try again?',
  };
  requireTwo('2 calls to the supplier', tookOver ? {} : afterFailure);
  await supplier.setLatency(0);
  await supplier.release();
  await Promise.all([waiting, first]);
  const wrong = (await late).find(({ status }) => status !== 200);
  t.require(!wrong, {
    expected: '200 for each of the new readers',
    seen: `${wrong?.status} ${wrong?.text}`,
    because: 'The supplier is well again, and readers who come after that still get an error.',
    lookAt: 'what do readers get that come while another one has taken over?',
  });
}
