import type { CheckDefinition } from '../harness/sdk/index.ts';
import { type Message, OpenRequest, type Reply, seen, send } from './client.ts';
import { largePng, png, tooLarge } from './kinds.ts';

/** What the starter can do already. */
export function routeBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'routes',
    'the routes answer as the README’s table says',
    {
      because: 'This answer is not the one in the table. What is mended for memory must not change what works.',
      lookAt: 'which route answers this request, and what was changed there?',
    },
    async (t) => {
      const app = t.app();
      const ask = async (
        message: Message,
        status: number,
        what = '',
        isRight: (reply: Reply) => boolean = () => true,
        inWords: (reply: Reply) => string = seen,
      ) => {
        t.trail.begin(`${message.method} ${message.path}`);
        const reply = await send(t, app, message);
        t.require(reply.status === status && isRight(reply), {
          expected: `${status} ${what}`.trim(),
          seen: reply.status === status ? inWords(reply) : seen(reply),
        });
        return reply;
      };
      const has = (part: string) => (reply: Reply) => reply.text.includes(part);
      const event = await ask({ method: 'GET', path: '/events/1' }, 200, 'with event 1', has('"city":"berlin"'));
      const { seatsLeft } = JSON.parse(event.text);
      const left = `"seatsLeft":${seatsLeft - 3}`;
      const stream = new OpenRequest(app, { method: 'GET', path: '/events/1/live' }, { reads: true });
      try {
        await t.until('GET /events/1/live to begin', () => stream.text.includes('text/event-stream'));
        await ask({ method: 'POST', path: '/events/1/sales', body: '{"seats":3}' }, 201, `with ${left}`, has(left));
        await t.until('the sale on GET /events/1/live', () => stream.text.includes(left));
      } finally {
        stream.hangUp('FIN');
      }
      await ask({ method: 'POST', path: '/events/1/sales', body: '{"seats":20}' }, 201);
      const long = '{"seats":1}'.padStart(100_000);
      await ask({ method: 'POST', path: '/events/1/sales', body: long }, 201, 'to 100,000 bytes of JSON');
      for (const seats of ['null', '0', '21', '2.5', '"2"'])
        await ask({ method: 'POST', path: '/events/1/sales', body: `{"seats":${seats}}` }, 400, `to seats: ${seats}`);
      await ask({ method: 'POST', path: '/events/none/sales', body: '{"seats":3}' }, 404);
      await ask({ method: 'GET', path: '/events/none/live' }, 404);
      await ask({ method: 'POST', path: '/events/1/sales', body: '{"seats":' }, 400);
      await ask({ method: 'GET', path: '/events/none' }, 404);
      await ask({ method: 'GET', path: '/events/2/poster' }, 404);
      await ask({ method: 'PUT', path: '/events/2/poster', body: 'GIF89a', type: 'image/png' }, 415);
      await ask({ method: 'PUT', path: '/events/none/poster', body: png, type: 'image/png' }, 404);
      await ask({ method: 'PUT', path: '/events/2/poster', body: tooLarge, type: 'image/png' }, 413, 'to 270 kB');
      await ask({ method: 'PUT', path: '/events/2/poster', body: largePng, type: 'image/png' }, 204, 'to 250 kB');
      await ask({ method: 'PUT', path: '/events/2/poster', body: png, type: 'image/png' }, 204);
      await ask(
        { method: 'GET', path: '/events/2/poster' },
        200,
        `with the image, ${png.length} bytes of image/png`,
        ({ bytes, contentType }) => contentType === 'image/png' && bytes.equals(png),
        imageInWords,
      );
      await ask({ method: 'POST', path: '/exports', body: '{"event":"none"}' }, 404);
      for (const [event, count] of [
        ['2', 48],
        ['4', 120_000],
      ] as const) {
        const body = JSON.stringify({ event });
        const hasAll = (reply: Reply) => linesOf(reply) === count;
        await ask({ method: 'POST', path: '/exports', body }, 200, `with ${count} lines`, hasAll, linesInWords);
      }
      await ask({ method: 'GET', path: '/under-way' }, 200, 'with a list', has('['));
      await ask({ method: 'GET', path: '/errors' }, 200, 'with the errors', has('"status":415'));
    },
  );
}

const linesOf = ({ text }: Reply) => text.trim().split('\n').length;
const linesInWords = (reply: Reply) => `${reply.status} with ${linesOf(reply)} lines`;

function imageInWords({ status, bytes, contentType }: Reply): string {
  const at = bytes.findIndex((byte, n) => byte !== png[n]);
  const which = bytes.length === png.length && at !== -1 ? `, of which number ${at + 1} is another` : '';
  return `${status} with ${bytes.length} bytes${which}, of ${contentType ?? 'no content type'}`;
}
