import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import type { CheckDefinition, Teaching } from '../harness/sdk/index.ts';
import { ask, jsonType, mustBe, type Question } from './ask.ts';
import { heldWhile } from './held-while.ts';

const limit = 16_384;
const writers = [
  { path: '/orders', body: '{"show":"1","seats":1}' },
  { path: '/visitors', body: '{"name":"Zoë 🎸"}' },
];

/** As many bytes as asked, by spaces in front: what is good stays good. */
function padded(body: string, length: number): string {
  return ' '.repeat(length - Buffer.byteLength(body)) + body;
}

export function bodyBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'body-limit',
    'a body above 16,384 bytes is 413, however it is sent, and one of 16,384 is taken',
    {
      because:
        'The limit is somewhere else than the contract says, or it counts something else than the bytes of the body.',
      lookAt:
        'what does the limit count: Content-Length, the bytes that come, those after decompression, or characters?',
    },
    async (t) => {
      const app = t.app();
      for (const { path, body } of writers) {
        const must = async (statuses: number | number[], question: Question) => {
          t.trail.begin();
          mustBe(
            t,
            await ask(t, app, 'POST', path, { ...question, headers: { ...jsonType, ...question.headers } }),
            statuses,
          );
        };
        const fits = padded(body, limit);
        for (const chunked of [false, true]) {
          const how = chunked ? ', without Content-Length' : '';
          await must(201, { body: fits, chunked, what: `of 16,384 bytes${how}` });
          for (const length of [limit + 1, 20_000, 102_401, 1_048_577])
            await must(413, { body: padded(body, length), chunked, what: `of ${length} bytes${how}` });
        }
        for (const { what, text } of fewCharacters) {
          for (const chunked of [false, true])
            await must(413, { body: text, chunked, what: `${what}${chunked ? ', without Content-Length' : ''}` });
          for (const [encoding, pack] of packers)
            await must([413, 415], {
              body: pack(text),
              headers: { 'content-encoding': encoding },
              what: `${what}, sent as ${encoding}`,
            });
        }
        await must(400, {
          body: Buffer.concat([Buffer.from('{"name":"'), Buffer.alloc(8_000, 0xeb), Buffer.from('"}')]),
          what: 'with a name of 8,000 bytes that are no UTF-8',
        });
        await must([400, 413], { body: padded('{"name":', 20_000), what: 'of 20,000 bytes that are no JSON' });
        for (const [encoding, pack] of packers) {
          const headers = { 'content-encoding': encoding };
          await must([201, 415], { body: pack(fits), headers, what: `of 16,384 bytes, sent as ${encoding}` });
          for (const length of [limit + 1, 3_000_000])
            await must([413, 415], {
              body: pack(padded(body, length)),
              headers,
              what: `of ${length} bytes, sent as ${encoding}`,
            });
        }
      }
    },
    { limitMs: 30_000 },
  );

  behaviour(
    'body-kept',
    'what is above the limit is not kept in memory',
    {
      because:
        'The app holds the whole body, before it refuses it or after. Some senders with slow connections fill its memory.',
      lookAt:
        'when is the limit looked at: while the body comes, or when all of it is there? And who still listens after the answer?',
    },
    async (t) => {
      // By a way of its own: another behaviour counts what Redis replies.
      const { url } = await t.redis.openDoor();
      const app = await t.startExtra({ env: { REDIS_URL: url } });
      const big = 24_000_000;
      for (const { path, body } of writers) {
        const text = padded(body, big);
        for (const chunked of [true, false]) {
          const how = chunked ? 'in chunks' : 'with its Content-Length';
          await heldWhile(t, app, path, { body: text, chunked, what: `of 24 MB ${how}, all but its last byte` });
        }
        for (const [encoding, pack] of packers)
          await heldWhile(t, app, path, {
            body: pack(text),
            headers: { 'content-encoding': encoding },
            what: `of 24 MB, sent as ${encoding}, all but its last byte`,
          });
        await heldWhile(t, app, path, {
          body: text,
          chunked: true,
          headers: { 'content-type': 'text/plain' },
          what: 'of 24 MB, as text/plain, all but its last byte',
        });
      }
    },
    { limitMs: 60_000, background: true },
  );

  behaviour(
    'body-types',
    'what is no JSON is 400, and another content type is 415',
    {
      because: 'The sender is told something else than what is wrong with the body.',
      lookAt: 'what does the parser do with a content type that it does not know, and what does the handler then see?',
    },
    async (t) => {
      const app = t.app();
      for (const { path, body } of writers) {
        const must = async (
          statuses: number | number[],
          type: string | undefined,
          sent: string | undefined,
          more: Question = {},
        ) => {
          t.trail.begin(`Content-Type: ${type ?? 'none'}`);
          const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
          const reply = await ask(t, app, 'POST', path, { body: sent, headers, ...more });
          mustBe(t, reply, statuses, reply.status < 300 ? takenAllTheSame : {});
        };
        for (const type of otherTypes) await must(415, type, body);
        await must(415, undefined, body);
        await must([400, 411, 415], undefined, undefined);
        for (const [sent, more] of [
          [undefined, { unannounced: true, what: 'without a body, and without a word about one' }],
          [undefined, { what: 'with Content-Length: 0' }],
          ['', { chunked: true, what: 'with a chunked body of no bytes' }],
        ] as const)
          await must([400, 411, 415], 'application/json', sent, more);
        for (const charset of ['snail', 'latin1', '', '"'])
          await must([201, 400, 415], `application/json; charset=${charset}`, body);
        for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset="UTF-8"'])
          await must(201, type, body);
        for (const bad of noJson) await must(400, 'application/json', bad);
        await must(201, 'application/json', ` \r\n\t${body}\n`);
        for (const [what, encoding, bytes] of badlyPacked) {
          t.trail.begin();
          const headers = { ...jsonType, 'content-encoding': encoding };
          mustBe(t, await ask(t, app, 'POST', path, { body: bytes, headers, what }), [400, 415]);
        }
        t.trail.begin();
        const what = 'that never ends, and a client that hangs up';
        await ask(t, app, 'POST', path, {
          body,
          headers: jsonType,
          lastByte: new Promise(() => {}),
          deadlineMs: 100,
          what,
        });
        mustBe(t, await ask(t, app, 'POST', path, { body, headers: jsonType }), 201);
      }
    },
  );

  behaviour(
    'other-bodies',
    'a route that takes no body does not look at one',
    {
      because:
        'Nobody asked for this body, and the app reads it. It pays for every one that somebody sends, and refuses requests for what it need not know.',
      lookAt: 'which routes have the parser of bodies in front of them?',
    },
    async (t) => {
      const app = t.app();
      const bodies: Question[] = [
        { body: '{"city":', headers: jsonType },
        { body: padded('{}', 60_000), headers: jsonType, what: 'with a body of 60,000 bytes' },
        { body: '{}', headers: { ...jsonType, 'content-encoding': 'gzip' }, what: 'with a body that is no gzip' },
        { body: '{}', headers: { 'content-type': 'application/json; charset=snail' } },
      ];
      for (const [method, path, statuses] of readers)
        for (const question of bodies) {
          t.trail.begin();
          mustBe(t, await ask(t, app, method, path, question), statuses);
        }
    },
  );
}

/** Above 16,384 bytes, and below as many characters. */
const fewCharacters = [
  { what: 'with 8,200 × é, which are 16,400 bytes', text: JSON.stringify({ name: 'é'.repeat(8_200) }) },
  { what: 'with 4,100 × 🎸, which are 16,400 bytes', text: JSON.stringify({ name: '🎸'.repeat(4_100) }) },
];

const noRoute = [404, 405];
const readers: [method: string, path: string, statuses: number | number[]][] = [
  ['GET', '/health', 200],
  ['GET', '/shows', 200],
  ['GET', '/shows/7', 200],
  ['GET', '/search?q=late', 200],
  ['GET', '/poster', 200],
  ['GET', '/me', 401],
  ['GET', '/nowhere', 404],
  ['POST', '/nowhere', 404],
  // Beside the routes that take one.
  ['POST', '/orders/7', noRoute],
  ['PUT', '/orders', noRoute],
  ['DELETE', '/visitors', noRoute],
];

const packers: [string, (text: string) => Buffer][] = [
  ['gzip', (text) => gzipSync(text)],
  ['deflate', (text) => deflateSync(text)],
  ['br', (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
];

const takenAllTheSame: Teaching = {
  because: 'The app has read this as JSON, and taken it.',
  lookAt:
    'how does the app find out whether the content type is application/json: is it that, or does it only begin so?',
};

const otherTypes = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/xml',
  'application/jsonx',
  'text/html; x=application/json',
  'multipart/form-data; boundary=application/json',
  'application/octet-stream',
  // JSON by another name, which means something else than a JSON body of ours.
  'application/merge-patch+json',
  'application/vnd.api+json',
  'application/json-patch+json',
  'application/json-seq',
  'text/json',
];

const noJson = [
  '{',
  '{"show":"1",}',
  "{'show':'1'}",
  'NaN',
  '{}{}',
  '{"seats":02}',
  '// {}',
  '{"a":Infinity}',
  '\u0000',
  ")]}',\n{}",
];

const badlyPacked: [what: string, encoding: string, bytes: Buffer][] = [
  ['in an encoding that nobody knows', 'snail', Buffer.from('{}')],
  ['that is no gzip', 'gzip', Buffer.from('{"show":"1","seats":1}')],
  ['whose gzip breaks off', 'gzip', gzipSync('{"show":"1","seats":1}').subarray(0, -9)],
  ['that is no brotli', 'br', Buffer.from('{"name":"Ada"}')],
];
