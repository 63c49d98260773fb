import type { Stage } from '../harness/sdk/index.ts';
import { arrived, heldMs } from './steps.ts';

/** Of events, and of lists of cities that nobody has. */
const ofEach = 60;

/** Many different questions are under way at the same time. The supplier is slow, and answers all of them. */
export async function manyAtOnce(t: Stage): Promise<void> {
  const paths = Array.from({ length: ofEach }, (_, n) => [
    `/events/9${100 + n}`,
    `/events?city=crowd-${n}&page=1`,
  ]).flat();
  t.trail.begin(`GET of ${ofEach} events that do not exist and of ${ofEach} empty lists, all at once`);
  const trailLength = t.trail.length;
  await t.supplier.setLatency(heldMs);
  const all = Promise.all(paths.map((path) => t.visitor().get(path)));
  all.catch(() => {}); // Awaited below, unless something fails before.
  await arrived(t);
  await t.supplier.setLatency(0);
  await t.supplier.release();
  const answers = await all;
  t.trail.retell(trailLength);
  for (const [index, answer] of answers.entries()) {
    const { status, json } = answer;
    const isEvent = index % 2 === 0;
    t.require(answer.is(isEvent ? 404 : 200), {
      expected: `${isEvent ? 404 : 200} to GET ${paths[index]}`,
      seen: `${status}`,
      because:
        'The supplier is well, and the app turned readers away because others were waiting. It may ask a few things at a time, and then the rest wait for their turn.',
      lookAt: 'how many calls may be under way, and what becomes of the next reader?',
    });
    t.require(isEvent || json?.city === `crowd-${(index - 1) / 2}`, {
      expected: `the list of crowd-${(index - 1) / 2}`,
      seen: `that of ${json?.city}`,
      because: 'A reader waited for the answer to another question.',
      lookAt: 'by which key does a reader find the call that it waits for?',
    });
  }
}
