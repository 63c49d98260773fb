import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { type Message, marked, send } from './client.ts';
import { kept } from './error-list.ts';
import { letGoMs } from './growth.ts';
import { heldBy } from './held.ts';

interface Large {
  method: string;
  path: string;
  /** Twenty of these are 1.8 MB and more. No two are alike: V8 keeps one copy of a name that comes again. */
  body: (n: number) => Buffer | string;
  type?: string;
}

const long = (n: number) => `${n}-${'x'.repeat(90_000)}`;
const names = (n: number) => Object.fromEntries(Array.from({ length: 6_000 }, (_, k) => [`name-${n}-${k}`, k]));
const image = (bytes: number) => (n: number) => Buffer.concat([Buffer.from(`${n}`), Buffer.alloc(bytes, 1)]);

const exported = { method: 'POST', path: '/exports' };
const sale = { method: 'POST', path: '/events/1/sales' };
const poster = { method: 'PUT', path: '/events/3/poster', type: 'image/png' };

/** Whatever of a body its sender can make large: a text, a name, a list of names, and all of it where it is no JSON. */
const large: [what: string, message: Large][] = [
  ['a JSON text of 90 kB that breaks off', { ...exported, body: (n) => `{"event":"${long(n)}` }],
  ['a JSON text of 90 kB that breaks off', { ...sale, body: (n) => `{"${long(n)}":1` }],
  ['an export of an event with a name of 90 kB', { ...exported, body: (n) => JSON.stringify({ event: long(n) }) }],
  [
    'an export with a field whose name has 90 kB',
    { ...exported, body: (n) => JSON.stringify({ event: 'none', [long(n)]: 1 }) },
  ],
  ['90 kB in place of a number of seats', { ...sale, body: (n) => JSON.stringify({ seats: long(n) }) }],
  ['a field whose name has 90 kB, and no seats', { ...sale, body: (n) => JSON.stringify({ [long(n)]: 1 }) }],
  ['6,000 fields, and none of them is seats', { ...sale, body: (n) => JSON.stringify(names(n)) }],
  [
    'a field of seats, in which a name has 90 kB',
    { ...sale, body: (n) => JSON.stringify({ seats: { [long(n)]: 1 } }) },
  ],
  ['a list with a text of 90 kB', { ...sale, body: (n) => JSON.stringify([long(n)]) }],
  [
    'a sale of no event, and a field of 90 kB',
    { ...sale, path: '/events/none/sales', body: (n) => JSON.stringify({ seats: 2, note: long(n) }) },
  ],
  ['90 kB of plain text', { ...sale, type: 'text/plain', body: long }],
  ['a poster of 200 kB that is no image', { ...poster, body: image(200_000) }],
  ['a poster of 200 kB, of another type', { ...poster, type: 'image/jpeg', body: image(200_000) }],
  ['a poster of 200 kB of no event', { ...poster, path: '/events/none/poster', body: image(200_000) }],
  ['a poster of 300 kB', { ...poster, body: image(300_000) }],
];
const limitKb = 500;
/** Of each kind, so that what is made once is not counted. */
const warmUps = 3;

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
      let sent = 0;
      const many = async (message: Message | Large, times = kept) => {
        for (let n = 0; n < times; n++) {
          const body = typeof message.body === 'function' ? message.body(++sent) : message.body;
          await send(t, app, { ...message, path: marked(message.path), body });
        }
      };
      for (const [, message] of large) await many(message, warmUps);
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
    expected: `${kept} more errors to add next to nothing`,
    seen: `${Math.round(kb)} kB more after ${kept} of them, and ${Math.round(more)} kB more after ${kept} others`,
    because: 'Requests that failed stay in memory, with all that was sent, and each more adds as much.',
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
