import { type CheckDefinition, excerpt, type Instance, type Stage } from '../harness/sdk/index.ts';
import { type Message, marked, seen, send, shown } from './client.ts';
import { png, tooLarge } from './kinds.ts';

export const kept = 20;
/** So many of one address: more than are kept. */
const sameInARow = 25;
const failing: [message: Message, status: number][] = [
  [{ method: 'GET', path: '/events/none' }, 404],
  // Shown as it came: neither decoded nor put in order.
  [{ method: 'GET', path: '/events/n%C3%B6%2fne' }, 404],
  [{ method: 'POST', path: '/events/1/sales', body: '{"seats":0}' }, 400],
  [{ method: 'POST', path: '/events/1/sales', body: '{"seats":' }, 400],
  [{ method: 'POST', path: '/events/none/sales', body: '{"seats":2}' }, 404],
  [{ method: 'PUT', path: '/events/3/poster', body: 'GIF89a', type: 'image/png' }, 415],
  [{ method: 'PUT', path: '/events/3/poster', body: tooLarge, type: 'image/png' }, 413],
  [{ method: 'PUT', path: '/events/none/poster', body: png, type: 'image/png' }, 404],
  [{ method: 'POST', path: '/exports', body: '{"event":' }, 400],
  [{ method: 'POST', path: '/exports', body: '{}' }, 404],
  [{ method: 'POST', path: '/exports', body: `{"event":"${'x'.repeat(103_000)}"}` }, 413],
  [{ method: 'GET', path: '/events/1/poster' }, 404],
  [{ method: 'GET', path: '/events/none/poster' }, 404],
  [{ method: 'GET', path: '/events/none/live' }, 404],
];

interface ShownError {
  method?: unknown;
  path?: unknown;
  status?: unknown;
  message?: unknown;
}

export function newestErrorsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'newest-errors',
    'GET /errors shows the last 20 errors, the newest first',
    {
      because: 'The list does not show what has just gone wrong. A list with a bound has to drop its oldest.',
      lookAt: 'which end of the list is cut, which end is shown first, and how many are kept?',
    },
    async (t) => {
      const app = t.app();
      const expected: string[] = [];
      let before = (await errorsOf(t, app)).map(named);
      t.step(`53 requests fail, one after the other, in ${failing.length} ways`);
      for (let n = 0; n < 53; n++) {
        const [message, status] = failing[n % failing.length] as (typeof failing)[number];
        const path = marked(message.path);
        const reply = await send(t, app, { ...message, path });
        t.require(reply.status === status, {
          expected: `${status} to ${message.method} ${message.path}`,
          seen: seen(reply),
        });
        expected.unshift(`${message.method} ${path} ${status}`);
        if (n < failing.length) {
          const now = (await errorsOf(t, app)).map(named);
          const isAsBefore = now.length < kept && now.join() === before.join();
          t.require(!isAsBefore, {
            step: 'GET /errors',
            expected: `${without(expected[0])}, the newest`,
            seen: `the same ${now.length} as before it`,
            ...neverListed,
          });
          before = now;
        }
        // Also in the middle: a list that is cut now and then is longer or shorter for a while.
        if (n >= kept - 1 && n % 6 === 0) await mustShow(t, app, expected.slice(0, kept));
      }
      await mustShow(t, app, expected.slice(0, kept));
      const again = marked('/events/none');
      t.step(`${sameInARow} requests with the same address fail, one after the other`);
      for (let n = 0; n < sameInARow; n++) await send(t, app, { method: 'GET', path: again });
      await mustShow(
        t,
        app,
        Array.from({ length: kept }, () => `GET ${again} 404`),
        comesAgain,
      );
      const together = Array.from({ length: 200 }, () => marked('/events/none'));
      t.step('200 requests fail at once');
      await Promise.all(together.map((path) => send(t, app, { method: 'GET', path })));
      const shownPaths = (await errorsOf(t, app)).map(({ path }) => path);
      const known = new Set(shownPaths.filter((path) => together.includes(String(path))));
      t.require(known.size === kept && shownPaths.length === kept, {
        expected: `${kept} of these`,
        seen: `${shownPaths.length} errors, of which ${known.size} are of these`,
      });
    },
  );
}

const neverListed = {
  because: 'The list does not show what has just gone wrong. Some errors never come to it.',
  lookAt: 'which errors never come to the code that fills the list, such as those of the parsers of bodies?',
};
const comesAgain = {
  because:
    'The list does not show what has just gone wrong. An error that comes again is one more, and how often it comes is what whoever is on call has to know.',
  lookAt: 'what is taken off the list, or not put on it, when the same request fails again?',
};

const cutAddress = {
  because: 'The address in the list is not the whole one. Whoever is on call can’t tell which request it was.',
  lookAt: 'what becomes of a long address on its way to the list?',
};

async function mustShow(t: Stage, app: Instance, expected: string[], teaching = {}): Promise<void> {
  const list = await errorsOf(t, app);
  const got = list.map(named);
  const wrong = expected.findIndex((one, n) => got[n] !== one);
  const isCut = wrong !== -1 && without(got[wrong]) === without(expected[wrong]);
  t.require(wrong === -1 && got.length === expected.length, {
    step: 'GET /errors',
    expected: `the last ${expected.length}, the newest first${wrong === -1 ? '' : `; number ${wrong + 1} is ${without(expected[wrong])}${isCut ? `, with an address of ${lengthIn(expected[wrong])} characters` : ''}`}`,
    seen: `${got.length} errors${wrong === -1 ? '' : `; number ${wrong + 1} is ${without(got[wrong])}${isCut ? `, with one of ${lengthIn(got[wrong])}` : ''}`}`,
    ...teaching,
    ...(isCut ? cutAddress : {}),
  });
  const silent = list.findIndex(({ message }) => typeof message !== 'string' || message === '');
  t.require(silent === -1, {
    step: 'GET /errors',
    expected: 'each with a message, which is a text',
    seen: `number ${silent + 1}, ${without(got[silent])}, has ${excerpt(JSON.stringify(list[silent]?.message) ?? 'none')}`,
  });
}

const named = ({ method, path, status }: ShownError) => `${method} ${path} ${status}`;

const lengthIn = (error = '') => error.split(' ').slice(1, -1).join(' ').length;

/** An error without the padding of its address, but with its number. */
const without = (error = 'missing') => error.replace(/-x+/, '');

async function errorsOf(t: Stage, app: Instance): Promise<ShownError[]> {
  const reply = await send(t, app, { method: 'GET', path: '/errors' });
  let list: unknown;
  try {
    list = JSON.parse(reply.text);
  } catch {}
  t.require(reply.status === 200 && Array.isArray(list), {
    step: `GET ${shown('/errors')}`,
    expected: '200 with a list',
    seen: seen(reply),
  });
  return list as ShownError[];
}
