import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { ask, inWords, open } from './ask.ts';
import { beginDownload, lengthOfPlan } from './download.ts';

const json = { 'content-type': 'application/json' };
const limitBytes = 64 * 1024;

/** None takes a body, and an edge may know that. Node must not have to refuse it. */
const noOrders = ['POST /whoami', 'PUT /orders/1', 'POST /events', 'PATCH /events/oslo', 'POST /nowhere'];

const slowRoutes = ['POST /orders', 'PUT /orders/1', 'POST /events/oslo'];

/** An order of about so many bytes. */
const orderOf = (bytes: number) =>
  JSON.stringify({ event: 'oslo', seats: 1, note: 'x'.repeat(Math.max(0, bytes - 40)) });

export function bodyBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'too-large',
    'a body above 64 kB is refused by nginx, and Node does not hear of it',
    {
      because: 'What nobody wants is read, passed on and thrown away by Node.',
      lookAt: 'which size does nginx.conf allow, and does it know the size before it asks Node?',
    },
    async (t) => {
      const small = await ask(t.url, '/orders', { method: 'POST', headers: json, body: orderOf(60_000) });
      t.require(small.status === 201, {
        step: 'POST /orders, 60,000 bytes',
        expected: '201',
        seen: inWords(small),
        because: 'An order of 60 kB is allowed.',
      });
      for (const bytes of [limitBytes + 2_000, 900_000, 20_000_000]) {
        t.nginx.forget();
        await mustRefuse(t, 'POST /orders', { ...json, 'content-length': bytes });
        await mustRefuse(t, 'POST /orders', { ...json, 'transfer-encoding': 'chunked' }, bytes);
      }
      for (const route of noOrders)
        await mustRefuse(t, route, { ...json, 'content-length': limitBytes + 2_000 }, 0, [403, 404, 405, 413]);
    },
  );

  behaviour(
    'slow-upload',
    'a client that sends slowly holds nothing of Node',
    {
      because:
        'nginx passes on each byte as it comes. Whoever sends one a second holds a connection of Node for as long as it pleases.',
      lookAt: 'what reads the body before Node is asked?',
    },
    async (t) => {
      t.nginx.forget();
      const body = orderOf(9_000);
      const uploads = slowRoutes.flatMap((route) =>
        [{ 'content-length': body.length }, { 'transfer-encoding': 'chunked' }].map((framing) => ({ route, framing })),
      );
      const begun = uploads.map(({ route, framing }) => {
        const [method, path = '/'] = route.split(' ');
        const { call, reply } = open(t.url, path, { method, headers: { ...json, ...framing } });
        call.on('error', () => {}); // An edge may refuse a route before its body has come.
        call.flushHeaders();
        return { call, reply, what: `${route} ${'content-length' in framing ? 'with Content-Length' : 'in chunks'}` };
      });
      for (let at = 0; at < 6; at++) {
        for (const { call } of begun) call.write(body.slice(at * 1_000, (at + 1) * 1_000));
        await delay(150);
      }
      const [early] = t.nginx.seen();
      for (const { call } of begun) call.end(body.slice(6_000));
      t.step(`${begun.length} bodies, of which two thirds have come after 0.9 s`);
      t.require(!early, { expected: 'no request to Node yet', seen: `${early?.method} ${early?.path}` });
      for (const { reply, what } of begun) {
        const answer = await reply;
        if (what.startsWith('POST /orders '))
          t.require(answer.status === 201, { step: `${what}, then the rest`, expected: '201', seen: inWords(answer) });
      }
      t.nginx.forget();
    },
  );

  behaviour(
    'slow-reader',
    'a client that reads slowly holds nothing of Node',
    {
      because:
        'nginx takes from Node only what the client has taken from it. Node keeps the answer, its connection and its memory until then.',
      lookAt: 'what may nginx keep of an answer, in memory and in files, while its client reads?',
    },
    async (t) => {
      const bytes = await lengthOfPlan(t);
      const { call } = await beginDownload(t, t.url, () => t.nginx.forget());
      t.step(`GET /events/berlin/seats.csv, ${bytes.toLocaleString('en')} bytes, by a client that reads nothing`);
      const taken = () => t.nginx.gates.reduce((sum, { answeredBytes }) => sum + answeredBytes, 0);
      try {
        await t.until('nginx to have the whole answer', () => taken() >= bytes, { deadlineMs: 25_000 });
      } finally {
        call.destroy();
      }
    },
    { limitMs: 60_000 },
  );
}

/** Sends so many bytes in chunks, or as many as Content-Length says: a megabyte of them at most. */
async function mustRefuse(
  t: Stage,
  route: string,
  headers: Record<string, string | number>,
  chunks = 0,
  allowed = [413],
): Promise<void> {
  const [method, path = '/'] = route.split(' ');
  const { call, reply } = open(t.url, path, { method, headers });
  call.on('error', () => {}); // nginx closes the connection behind its answer.
  if (chunks) {
    for (let sent = 0; sent < Math.min(chunks, 300_000) && !call.destroyed; sent += 10_000) {
      call.write('x'.repeat(10_000));
      await delay(1);
    }
    call.end();
  } else call.write('x'.repeat(Math.min(Number(headers['content-length']), 1_000_000)));
  const answer = await reply;
  call.destroy();
  const step = `${route}, ${chunks ? 'more than 64 kB in chunks' : `Content-Length: ${headers['content-length']}`}`;
  const seen = t.nginx.seen().length;
  t.require(seen === 0, { step, expected: '413, and no request to Node', seen: `${seen}` });
  t.require(allowed.includes(answer.status), { step, expected: '413', seen: inWords(answer) });
}
