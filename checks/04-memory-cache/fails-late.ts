import type { Stage } from '../harness/sdk/index.ts';
import { read, unavailable } from './steps.ts';

const asked = [
  ['GET /events', '/events?city=madrid&page=4'],
  ['GET /events/:id', '/events/309'],
] as const;

/** Calls that the supplier leaves without an answer, and breaks off in the end. Meanwhile thousands of other things are asked. */
export async function callsThatWillFail(t: Stage): Promise<{ mustLeaveNothing(): Promise<void> }> {
  const answers: Promise<{ status: number }>[] = [];
  await t.supplier.reset();
  for (const [index, [route, path]] of asked.entries()) {
    await t.supplier.fail({ how: 'hang', route, times: 1 });
    const answer = t.visitor().get(path, { deadlineMs: 60_000 });
    answer.catch(() => {}); // Awaited below, unless something fails before.
    answers.push(answer);
    await t.until('the read to reach the supplier', async () => (await t.supplier.total()) > index);
  }
  t.trail.begin();
  return {
    async mustLeaveNothing() {
      const trail = [...t.trail.steps];
      await t.supplier.heal(); // The connections break.
      await Promise.all(answers);
      for (const [index, [, path]] of asked.entries()) {
        const { status } = await (answers[index] as (typeof answers)[0]);
        t.trail.begin(`GET ${path}, which the supplier does not answer`);
        t.step('3,000 other questions meanwhile; then the call fails', String(status));
        if (unavailable.includes(status)) await read(t.visitor(), path, {}, stillFails);
      }
      t.trail.begin();
      for (const { what, answer } of trail) t.step(what, answer);
    },
  };
}

const stillFails = {
  because:
    'The call failed while many other questions filled the cache, and its failure is kept for as long as an answer. The supplier is well, and nobody asks it.',
  lookAt: 'where is a call under way kept, and is it removed from there if it fails after others have taken its place?',
};
