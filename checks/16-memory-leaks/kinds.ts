import type { Agent } from 'node:http';
import type { Instance, Stage } from '../harness/sdk/index.ts';
import { fresh, type HangUp, hangUp, type Message, marked, nobody, seen, send } from './client.ts';

/** One kind of request, as the README's contract speaks of it. */
export interface Kind {
  name: string;
  once: (t: Stage, app: Instance, agent: Agent) => Promise<void>;
}

/** Larger than what Node 26 puts into a pool of 64 kB with others, which would stay or go with it. */
export const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47]), Buffer.alloc(40_000, 7)]);
const noPng = png.subarray(1);
/** Many times what a connection takes at once, and more than a poster may have. */
export const largePng = Buffer.concat([png, Buffer.alloc(210_000, 7)]);
export const tooLarge = Buffer.concat([largePng, Buffer.alloc(20_000, 7)]);
const longJson = (length: number) => JSON.stringify({ event: 'x'.repeat(length) });

/** @param made a new message each time. */
function answered(name: string, status: number, made: () => Message): Kind {
  return {
    name,
    once: async (t, app, agent) => {
      const message = made();
      const reply = await send(t, app, { ...message, path: marked(message.path) }, agent);
      t.require(reply.status === status, { step: name, expected: String(status), seen: seen(reply), ...wrongAnswer });
    },
  };
}

const wrongAnswer = {
  because: 'The answer is not the one in the README’s table, so nothing can be said about what the request leaves.',
  lookAt: 'what was changed for the sake of memory, and what did this request need of it?',
};

const poster = { method: 'PUT', path: '/events/3/poster', type: 'image/png' };
const sale = { method: 'POST', path: '/events/2/sales' };
const exported = { method: 'POST', path: '/exports' };

const get = (path: string) => ({ method: 'GET', path });

export const good: Kind[] = [
  answered('PUT /events/:id/poster', 204, () => ({ ...poster, body: fresh(png) })),
  answered('GET /events/:id/poster', 200, () => get('/events/3/poster')),
  answered('GET /events/:id', 200, () => get('/events/1')),
  answered('POST /events/:id/sales', 201, () => ({ ...sale, body: '{"seats":2}' })),
  answered('POST /exports', 200, () => ({ ...exported, body: '{"event":"2"}' })),
  answered('GET /under-way', 200, () => get('/under-way')),
  answered('GET /errors', 200, () => get('/errors')),
];

export const bad: Kind[] = [
  answered('GET /events/:id of no event, 404', 404, () => get(`/events/${nobody()}`)),
  answered('GET /events/:id/live of no event, 404', 404, () => get(`/events/${nobody()}/live`)),
  answered('POST /events/:id/sales of no seats, 400', 400, () => ({ ...sale, body: '{"seats":0}' })),
  answered('POST /events/:id/sales with half of a JSON text, 400', 400, () => ({
    ...sale,
    body: `{"seats":"${'x'.repeat(2_000)}`,
  })),
  answered('POST /events/:id/sales of no event, 404', 404, () => ({
    ...sale,
    path: `/events/${nobody()}/sales`,
    body: '{"seats":2}',
  })),
  answered('POST /events/:id/sales with more than 100 kB, 413', 413, () => ({ ...sale, body: longJson(103_000) })),
  answered('PUT /events/:id/poster of no image, 415', 415, () => ({ ...poster, body: fresh(noPng) })),
  answered('PUT /events/:id/poster of no event, 404', 404, () => ({
    ...poster,
    path: `/events/${nobody()}/poster`,
    body: fresh(png),
  })),
  answered('PUT /events/:id/poster with more than 256 kB, 413', 413, () => ({ ...poster, body: tooLarge })),
  answered('GET /events/:id/poster where there is none, 404', 404, () => get('/events/1/poster')),
  answered('POST /exports of no event, 404', 404, () => ({ ...exported, body: JSON.stringify({ event: nobody() }) })),
  answered('POST /exports with more than 100 kB, 413', 413, () => ({ ...exported, body: longJson(103_000) })),
  answered('a route that there is not, 404', 404, () => get('/nowhere')),
];

function gone(name: string, message: HangUp): Kind {
  return { name, once: (t, app) => hangUp(t, app, { ...message, path: marked(message.path) }) };
}

const inBody = { when: 'before the answer' } as const;
const stadium = { ...exported, body: '{"event":"4"}', when: 'in the answer' } as const;

export const hungUp: Kind[] = [
  gone('PUT /events/:id/poster, hung up in the middle of the image', {
    ...poster,
    ...inBody,
    body: png,
    bodyBytes: 9_000,
    goodbye: 'FIN',
  }),
  gone('POST /events/:id/sales, reset in the middle of the body', {
    ...sale,
    ...inBody,
    body: '{"seats":2}',
    bodyBytes: 6,
    goodbye: 'RST',
  }),
  gone('POST /exports, hung up in the middle of the answer', { ...stadium, goodbye: 'FIN' }),
  gone('POST /exports, reset in the middle of the answer', { ...stadium, goodbye: 'RST' }),
  gone('POST /exports, reset before the answer', { ...stadium, ...inBody, goodbye: 'RST' }),
  gone('GET /events/:id/poster, reset in the middle of the answer', {
    method: 'GET',
    path: '/events/4/poster',
    when: 'in the answer',
    goodbye: 'RST',
  }),
  gone('GET /events/:id, hung up before the answer', {
    method: 'GET',
    path: '/events/1',
    ...inBody,
    goodbye: 'FIN',
  }),
];

/** Of event 4, to be hung up on: a small one is sent before its client can go. */
export async function putLargePoster(t: Stage, app: Instance): Promise<void> {
  const reply = await send(t, app, { ...poster, path: '/events/4/poster', body: largePng });
  t.require(reply.status === 204, { step: 'PUT /events/4/poster of 250 kB', expected: '204', seen: seen(reply) });
}

const live = (id: number, goodbye: 'FIN' | 'RST') =>
  gone(`GET /events/:id/live, ${goodbye === 'FIN' ? 'hung up' : 'reset'}`, {
    method: 'GET',
    path: `/events/${id}/live`,
    when: 'in the answer',
    goodbye,
  });

export const streams: Kind[] = [
  live(1, 'FIN'),
  live(4, 'RST'),
  gone('GET /events/:id/live, hung up before it began', {
    method: 'GET',
    path: '/events/2/live',
    when: 'before the answer',
    goodbye: 'FIN',
  }),
];
