import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CheckDefinition, Stage, Teaching } from '../harness/sdk/index.ts';
import { change, eventIn, heldMs, patienceMs, read } from './steps.ts';

const newPrice = 777;

/** A read and a write that overlap, whichever of them begins first. */
export function overtaking(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'write-beats-read',
    'a read that was under way during a write does not bring the old value back',
    {
      because:
        'A read had asked the supplier before the write, and its answer came after it. The write dropped the entry, and then the late answer brought the old value back.',
      lookAt: 'how does the reader of a late answer find out that a write has happened in between?',
    },
    async (t) => {
      for (const [path, id, readInBetween] of [
        ['/events/324', '324', true],
        ['/events?city=athens&page=1', '18', true],
        // Nobody reads in between, so that nothing new is there yet that a late answer would leave alone.
        ['/events?city=athens&page=2', '108', false],
      ] as const)
        await writeOvertakesRead(t, { path, id, readInBetween });
      for (const [path, id] of [
        ['/events/317', '317'],
        ['/events?city=madrid&page=2', '117'],
      ] as const)
        await readOvertakesWrite(t, path, id);
    },
    { further: true },
  );
}

async function writeOvertakesRead(
  t: Stage,
  { path, id, readInBetween }: { path: string; id: string; readInBetween: boolean },
): Promise<void> {
  t.trail.begin();
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  t.step(`GET ${path} begins, and the supplier is slow`);
  const trailLength = t.trail.length;
  const early = t.visitor().get(path);
  early.catch(() => {}); // Awaited below, unless something fails before.
  await t.until('the read to reach the supplier', async () => (await t.supplier.total()) > 0);
  await t.supplier.setLatency(0); // The write overtakes the read.
  // A write that waits for the reads under way is right, too, and would wait forever.
  const writePatience = setTimeout(() => releaseUnlessWritten(t).catch(() => {}), patienceMs);
  // A read that waits for the one before the write is wrong, and would wait forever.
  let readPatience: NodeJS.Timeout | undefined;
  try {
    await change(t, id, { priceCents: newPrice });
    readPatience = setTimeout(() => t.supplier.release().catch(() => {}), 2 * patienceMs);
    const during = readInBetween ? await read(t.visitor(), path) : undefined;
    if (during) {
      requirePrice(t, during, id, {
        step: 'a read after the write',
        because: 'The write had been answered, and a new reader still got the answer that was asked for before it.',
        lookAt: 'which answer does a reader wait for when a call is under way that began before the write?',
      });
    }
  } finally {
    clearTimeout(writePatience);
    clearTimeout(readPatience);
  }
  await t.supplier.release();
  const { status } = await early;
  t.trail.retell(trailLength + 2, 'the early read is answered', String(status));
  requirePrice(t, await read(t.visitor(), path), id, { step: 'another read' });
  if (path === `/events/${id}`) return;
  requirePrice(t, await read(t.visitor(), `/events/${id}`), id, {
    step: `GET /events/${id}`,
    because:
      'The list had been asked for before the write, and its answer came after it. The event was kept from that list, as it was before the write.',
    lookAt: 'what else is kept when the answer to a list comes late?',
  });
}

async function readOvertakesWrite(t: Stage, path: string, id: string): Promise<void> {
  t.trail.begin();
  await t.supplier.setLatency(heldMs);
  await t.supplier.reset();
  const put = t.visitor().put(`/events/${id}`, { priceCents: newPrice });
  put.catch(() => {}); // Awaited below, unless something fails before.
  const since = performance.now();
  await t.until('the write to reach the supplier', async () => {
    const reached = await written(t);
    // An app that reads the event before it changes it waits for that answer.
    if (!reached && performance.now() - since > patienceMs) await t.supplier.release();
    return reached;
  });
  await t.supplier.setLatency(0); // A read overtakes the write.
  const between = t.visitor().get(path);
  between.catch(() => {}); // Awaited below, unless something fails before.
  // A read that waits for the write is right, too.
  await Promise.race([between, delay(patienceMs)]);
  await t.supplier.release();
  (await put).mustBe(200);
  await between;
  t.trail.begin(`PUT /events/${id} {"priceCents":${newPrice}} begins, and the supplier is slow`);
  t.step(`GET ${path} in between, which may still have the old price`);
  t.step('the write is answered', '200');
  requirePrice(t, await read(t.visitor(), path), id, {
    step: 'another read',
    because:
      'The entry was dropped before the supplier had made the change. A reader who came in between brought the old value back, and it stays until it expires.',
    lookAt: 'does PUT /events/:id drop entries before it asks the supplier, or after the supplier has answered?',
  });
}

async function written(t: Stage): Promise<boolean> {
  return (await t.supplier.calls())['PUT /events/:id'] > 0;
}

async function releaseUnlessWritten(t: Stage): Promise<void> {
  if (!(await written(t))) await t.supplier.release();
}

function requirePrice(t: Stage, answer: Answer, id: string, told: { step: string } & Partial<Teaching>): void {
  const price = (eventIn(answer, id) ?? answer.json)?.priceCents;
  t.require(price === newPrice, { expected: `priceCents ${newPrice}`, seen: `priceCents ${price}`, ...told });
}
