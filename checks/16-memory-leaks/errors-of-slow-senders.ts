import type { Instance, Stage } from '../harness/sdk/index.ts';
import { type Message, marked, OpenRequest, send } from './client.ts';
import { kept, mustShow } from './error-list.ts';

/** What is sent first says nothing yet: nobody can answer before the rest has come. */
const slow: [message: Message, bodyBytes: number, status: number][] = [
  [{ method: 'POST', path: '/events/1/sales', body: '{"seats":0}' }, 9, 400],
  [{ method: 'PUT', path: '/events/3/poster', body: '\x7fELF and no image', type: 'image/png' }, 0, 415],
  [{ method: 'POST', path: '/exports', body: '{"event":"none"}' }, 12, 404],
];
/** They end in another order than they have begun. */
const ends = [2, 0, 1];
/** Fewer than are kept, and then more. */
const meanwhile = [5, 25];

const byArrival = {
  because:
    'The newest error is the one that was answered last. A request whose body takes its time comes early and fails late, and here it stands below what failed before it, or is dropped as if it were old.',
  lookAt: 'when does a request get its place in the list: when it comes, or when it is answered?',
};

/**
 * Requests of which a part comes, and the rest once others have failed.
 * @param listed what the list shows by now.
 */
export async function errorsOfSlowSenders(t: Stage, app: Instance, listed: string[]): Promise<void> {
  const expected = [...listed];
  for (const others of meanwhile) {
    const begun = slow.map(([message, bodyBytes, status]) => {
      const path = marked(message.path);
      return { request: new OpenRequest(app, { ...message, path }, { reads: true, bodyBytes }), status };
    });
    try {
      for (let n = 0; n < others; n++) {
        const path = marked('/events/none');
        await send(t, app, { method: 'GET', path });
        expected.unshift(`GET ${path} 404`);
      }
      t.step(`${slow.length} requests begin, ${others} others fail, and then the rest of those comes: they fail, too`);
      for (const { request, status } of ends.map((n) => begun[n] as (typeof begun)[number])) {
        request.sendRest();
        await t.until(`${status} to ${request.method} ${request.path.replace(/\?.*/, '')}`, () =>
          request.text.startsWith(`HTTP/1.1 ${status} `),
        );
        expected.unshift(`${request.method} ${request.path} ${status}`);
      }
      await mustShow(t, app, expected.slice(0, kept), byArrival);
    } finally {
      for (const { request } of begun) request.hangUp('FIN');
    }
  }
}
