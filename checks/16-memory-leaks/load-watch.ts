import { setTimeout as delay } from 'node:timers/promises';
import type { LoadFinding, Stage } from '../harness/sdk/index.ts';
import { letGoMs } from './growth.ts';
import { heldBy, sendRounds } from './held.ts';
import { bad, good, streams } from './kinds.ts';

/** Statuses that load.yml provokes. */
export const provoked = [400, 404];

const limitKb = 1_500;

/** Streams that come and go beside the load, and what the memory is once both are over. */
export async function memoryWatch(t: Stage): Promise<(requests: number) => Promise<LoadFinding>> {
  const app = t.app();
  // What the app compiles and allocates once must not count.
  await sendRounds(t, app, [...good, ...bad], 30);
  await heldBy(app);
  const before = (await heldBy(app)).bytes;
  let over = false;
  let came = 0;
  const comeAndGo = (async () => {
    for (; !over; await delay(40))
      for (const kind of streams) {
        await sendRounds(t, app, [kind], 1);
        came++;
      }
  })();
  comeAndGo.catch(() => {}); // Awaited when the load is over.
  return async (requests) => {
    over = true;
    await comeAndGo;
    await delay(letGoMs);
    const kb = Math.max(0, Math.round(((await heldBy(app)).bytes - before) / 1_000));
    const title = 'memory that the load has left';
    const note = `${came} streams came and went; ${kb} kB more in memory than before`;
    const figure = { title, measured: kb, limit: limitKb, unit: 'kB' };
    if (kb <= limitKb) return { note, figure };
    return {
      note,
      figure,
      failure: {
        kind: 'target',
        trail: [{ what: `the load run, ${requests} requests and ${came} streams` }],
        expected: `${title} at most ${limitKb} kB`,
        seen: `${kb} kB`,
        because: 'A few seconds of an ordinary day have left this much, and the next few leave as much again.',
        lookAt: 'npm run check says which kind of request it is',
      },
    };
  };
}
