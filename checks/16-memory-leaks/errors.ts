import type { CheckDefinition } from '../harness/sdk/index.ts';
import { type Message, marked, seen, send } from './client.ts';
import { errorsOf, kept, mustShow, named, without } from './error-list.ts';
import { errorsOfAMoment } from './errors-of-a-moment.ts';
import { errorsOfSlowSenders } from './errors-of-slow-senders.ts';
import { png, tooLarge } from './kinds.ts';

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
      const sameErrors = Array.from({ length: kept }, () => `GET ${again} 404`);
      await mustShow(t, app, sameErrors, comesAgain);
      await errorsOfSlowSenders(t, app, sameErrors);
      await errorsOfAMoment(t, app);
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
