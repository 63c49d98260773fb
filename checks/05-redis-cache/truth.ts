import type { CheckDefinition } from '../harness/check.ts';
import type { Teaching } from '../harness/verdict.ts';
import { change, read } from './steps.ts';

/** When what is kept stops being true. */
export function truthBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'write-seen',
    'a write on one instance is seen on both at once',
    {
      because:
        'The write changed what its own process keeps. The other instance still answers from a copy that nobody told about it.',
      lookAt: 'what does PUT /events/:id drop, and which instances read from there?',
    },
    async (t) => {
      await t.supplier.setLatency(20);
      for (const [id, on] of [
        ['6', 2],
        ['8', 1],
      ] as const) {
        t.trail.splice(0);
        // Twice: also an instance that keeps what it has read from Redis has a copy now.
        for (const reader of [1, 2, 1, 2]) await read(t, t.visitor(), `/events/${id}`, { on: reader });
        await change(t, id, { priceCents: 4_321 }, on);
        for (const reader of [3 - on, on]) {
          const { json } = await read(t, t.visitor(), `/events/${id}`, { on: reader });
          t.require(json.priceCents === 4_321, { expected: 'priceCents 4321', seen: `priceCents ${json.priceCents}` });
        }
      }
      // What the writer sends to Redis takes its time, and the reader is quick: only a write that waits for it is seen.
      const quick = await t.startExtra({ env: { REDIS_URL: t.redis.directUrl } });
      t.trail.splice(0, t.trail.length, 'Redis is slow for instance 1 and quick for another one');
      await read(t, t.visitor({ at: quick }), '/events/9');
      t.redis.delay(300);
      await change(t, '9', { priceCents: 4_321 }, 1);
      const { json } = await read(t, t.visitor({ at: quick }), '/events/9');
      t.require(json.priceCents === 4_321, {
        expected: 'priceCents 4321',
        seen: `priceCents ${json.priceCents}`,
        because:
          'The write was answered before Redis had dropped the entry. Until it has, all others read the old one.',
        lookAt: 'what has PUT /events/:id waited for when it answers?',
      });
    },
  );

  behaviour(
    'write-beats-read',
    'a read that was under way during a write does not bring the old value back',
    {
      because:
        'A read had asked the supplier before the write, and its answer came after it. The write dropped the entry, and then the late answer put the old value into Redis, for every instance.',
      lookAt: 'how does an answer that comes from the supplier find out that a write has been in between?',
    },
    async (t) => {
      for (const [id, reader, writer] of [
        ['16', 1, 2],
        ['17', 2, 2],
      ] as const) {
        const path = `/events/${id}`;
        t.trail.splice(0);
        await t.supplier.setLatency(600);
        await t.supplier.reset();
        t.step(`GET ${path} on instance ${reader} begins, and the supplier takes 600 ms`);
        const trailLength = t.trail.length;
        let earlyIsAnswered = false;
        const early = t
          .visitor()
          .get(path, { on: reader })
          .finally(() => {
            earlyIsAnswered = true;
          });
        early.catch(() => {}); // Awaited below, unless something fails before.
        await t.until('the read to reach the supplier', async () => (await t.supplier.total()) > 0);
        await t.supplier.setLatency(0); // The write overtakes the read.
        await change(t, id, { priceCents: 777 }, writer);
        if (earlyIsAnswered) t.inconclusive('the machine was too busy for a write to overtake a read');
        for (const on of [reader, 3 - reader]) {
          await mustBeNew(on, {
            because:
              'The write had been answered, and still a new reader was given the answer that was asked for before it.',
            lookAt: 'which answer does a reader wait for, when one is under way that began before the write?',
          });
        }
        const { status } = await early;
        t.trail.splice(trailLength + 1, t.trail.length, `the early read is answered\t${status}`);
        for (const on of [1, 2]) await mustBeNew(on, {});

        async function mustBeNew(on: number, teaching: Partial<Teaching>): Promise<void> {
          const { json } = await read(t, t.visitor(), path, { on }, teaching);
          const seen = `priceCents ${json.priceCents}`;
          t.require(json.priceCents === 777, { expected: 'priceCents 777', seen, ...teaching });
        }
      }
    },
  );
}
