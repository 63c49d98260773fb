import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { type Message, marked, send } from './client.ts';
import { kept } from './errors.ts';
import { letGoMs } from './growth.ts';
import { heldBy } from './held.ts';

/** Twenty of these are 1.8 MB and more. */
const large: [what: string, message: Message][] = [
  [
    'a JSON text of 90 kB that breaks off',
    { method: 'POST', path: '/exports', body: `{"event":"${'x'.repeat(90_000)}` },
  ],
  [
    'an export of an event with a name of 90 kB',
    { method: 'POST', path: '/exports', body: `{"event":"${'x'.repeat(90_000)}"}` },
  ],
  [
    'an export with a field whose name has 90 kB',
    { method: 'POST', path: '/exports', body: `{"event":"none","${'x'.repeat(90_000)}":1}` },
  ],
  [
    'a poster of 200 kB that is no image',
    { method: 'PUT', path: '/events/3/poster', body: Buffer.alloc(200_000, 1), type: 'image/png' },
  ],
  [
    '90 kB in place of a number of seats',
    { method: 'POST', path: '/events/1/sales', body: `{"seats":"${'x'.repeat(90_000)}"}` },
  ],
];
const limitKb = 500;

export function smallErrorsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'small-errors',
    'what is kept of 20 errors is small, however much was sent',
    {
      because:
        'Twenty errors are a bound on their number, not on their bytes. Something of each still holds its body: the request, the parser’s error, a message that repeats it, or a piece cut from it.',
      lookAt: 'what does GET /errors show of an error, and what else is kept? What does an error of a parser carry?',
    },
    async (t) => {
      const app = t.app();
      const many = async (message: Message) => {
        for (let n = 0; n < kept; n++) await send(t, app, { ...message, path: marked(message.path) });
      };
      for (const [, message] of large) await many(message);
      for (const [what, message] of large) {
        await many({ method: 'GET', path: '/events/none' });
        const before = await heldBy(app);
        await many(message);
        t.trail.begin(`${kept} requests fail with ${what}: ${message.method} ${message.path}`);
        const kb = await leastKb(app, before.bytes);
        if (kb > limitKb) await mustNotAddUp(t, app, kb, () => many(message));
        t.atMost(`memory of ${kept} errors`, kb, limitKb, 'kB');
      }
    },
  );
}

/** If the next errors need as much again, the list is not to blame, or has no bound. */
async function mustNotAddUp(t: Stage, app: Instance, kb: number, again: () => Promise<void>): Promise<void> {
  const before = (await heldBy(app)).bytes;
  await again();
  const more = await leastKb(app, before);
  t.require(more < kb / 2, {
    expected: `memory that ${kept} errors more leave as it is`,
    seen: `${Math.round(kb)} kB more after ${kept} of them, and ${Math.round(more)} kB more after ${kept} others`,
    because: 'Requests that fail stay in memory for ever, with all that was sent.',
    lookAt: 'what keeps an error or its request, and which line drops it again?',
  });
}

/** The memory above what it was, once what may still be let go of is gone. */
async function leastKb(app: Instance, before: number): Promise<number> {
  const now = async () => Math.max(0, ((await heldBy(app)).bytes - before) / 1_000);
  const at = await now();
  if (at < limitKb / 2) return at;
  await new Promise((resolve) => setTimeout(resolve, letGoMs));
  return Math.min(at, await now());
}
