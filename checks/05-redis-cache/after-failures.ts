import type { Stage, SupplierHandle, Teaching, Visitor } from '../harness/sdk/index.ts';
import { crowd, heldMs, read, unavailable } from './steps.ts';

/** A failed call, and the next reader behind it. A lock that the failed call leaves behind lives for a second, most often. */
const againWithinMs = 800;
/** A reader that waits for a lock waits so much longer than one beside it that asks for something else. */
const waitsLongerMs = 400;
/** Both may be late on a busy machine. Then the attempt tells nothing. */
const quickMs = 300;
const alikeAttempts = 3;
const mostAttempts = 8;

/** The failed call leaves nothing behind that the next reader, on the other instance, waits for. */
export async function mustTryAgainAtOnce(
  t: Stage,
  [one, other]: readonly [Visitor, Visitor],
  {
    supplier = t.supplier,
    firstId,
    whyNot,
  }: { supplier?: SupplierHandle; firstId: number; whyNot?: () => Promise<Partial<Teaching>> },
): Promise<void> {
  const trailLength = t.trail.length;
  let waited = 0;
  let quick = 0;
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    t.trail.retell(trailLength);
    const path = `/events/${firstId + 2 * attempt}`;
    // From before the failed call: whatever it leaves behind for a second is in the way for all of this time.
    const begunAt = performance.now();
    await supplier.fail({ how: 503 });
    (await one.get(path)).mustBe(unavailable, {
      because: 'The supplier failed, and the shop did not say so.',
      lookAt: 'what do readers get whose call to the supplier fails, and what may throw on the way to them?',
    });
    await supplier.heal();
    t.step('the supplier is well again; on the other instance:');
    const stepsBefore = t.trail.length;
    const [next, beside] = await Promise.all([
      read(t, other, path),
      read(t, other, `/events/${firstId + 2 * attempt + 1}`),
    ]);
    t.trail.retell(stepsBefore, `GET ${path}`, '200');
    if (performance.now() - begunAt <= againWithinMs) return t.trail.retell(trailLength);
    if (next.ms - beside.ms > waitsLongerMs && beside.ms < quickMs) waited++;
    // An app that asks twice before it gives up is slow in the first part.
    else if (next.ms < quickMs) quick++;
    if (quick === alikeAttempts) return t.trail.retell(trailLength);
    t.require(waited < alikeAttempts, {
      expected: 'the event at once, as one that nobody has asked for before',
      seen: `after ${Math.round(next.ms)} ms, and not faster in ${attempt + 1} attempts; another event beside it after ${Math.round(beside.ms)} ms`,
      because:
        'The call had failed, and the next reader waited all the same. The failed call left its lock behind, which nobody gave back, so each failure of the supplier lasts at least as long as a lock.',
      lookAt: 'who gives back the lock when the call fails, and does the command that does it reach Redis and succeed?',
      ...(waited === alikeAttempts ? await whyNot?.() : {}),
    });
  }
  t.inconclusive('the machine was too busy to tell how long a reader waits behind a failed call');
}

/** Failures of each instance, of different events: a breaker opens after five in a row, or ten. */
const failuresOfEach = 12;

/** However often the supplier has failed, the next reader asks it. */
export async function mustTryAgainAfterMany(t: Stage, firstId: number): Promise<void> {
  const urls = [t.app(1).url, t.app(2).url];
  await t.supplier.setLatency(0);
  await t.supplier.fail({ how: 503 });
  t.trail.begin(`the supplier: 503 for every request, ${failuresOfEach} times on each instance`);
  const answers = await Promise.all(
    Array.from({ length: 2 * failuresOfEach }, (_, n) =>
      crowd(urls.slice(n % 2, (n % 2) + 1), `/events/${firstId + n}`, 1),
    ),
  );
  const wrong = answers.flat().find(({ status }) => !unavailable.includes(status));
  t.require(!wrong, {
    expected: '502, 503 or 504 for each of them',
    seen: `${wrong?.status} ${wrong?.text}`,
    because: 'The supplier failed, and the shop did not say so.',
    lookAt: 'what do readers get whose call to the supplier fails?',
  });
  await t.supplier.heal();
  t.step('the supplier is well again');
  for (const on of [1, 2]) {
    const path = `/events/${firstId + on}`;
    const answer = await t.visitor().get(path, { on });
    answer.mustBe(200, {
      because:
        'The supplier is well, and the app leaves the supplier alone, because it has failed several times in a row. A circuit breaker that rests does that. The contract says that the next reader tries again.',
      lookAt: 'what does the app count when the supplier fails, and who may ask the supplier after that?',
    });
  }
}

/** What a call that fails leaves behind must not make the lock of the next one live longer. */
export async function failSeveralTimes(
  paths: string[],
  { visitor, supplier, times }: { visitor: Visitor; supplier: SupplierHandle; times: number },
): Promise<void> {
  await supplier.setLatency(0);
  await supplier.fail({ how: 503 });
  for (let time = 0; time < times; time++) {
    const answers = await Promise.all(paths.map((path) => visitor.get(path)));
    // A copy of the statistics in the process is right, too.
    for (const [index, answer] of answers.entries())
      answer.mustBe(paths[index] === '/stats' ? [200, ...unavailable] : unavailable);
  }
  await supplier.heal();
  await supplier.setLatency(heldMs);
}
