import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, jsonType, mustBe, type Question } from './ask.ts';
import { heldWhile } from './held-while.ts';
import { padded, writers } from './writers.ts';

const limit = 16_384;

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
}

/** Above 16,384 bytes, and below as many characters. */
const fewCharacters = [
  { what: 'with 8,200 × é, which are 16,400 bytes', text: JSON.stringify({ name: 'é'.repeat(8_200) }) },
  { what: 'with 4,100 × 🎸, which are 16,400 bytes', text: JSON.stringify({ name: '🎸'.repeat(4_100) }) },
];

const packers: [string, (text: string) => Buffer][] = [
  ['gzip', (text) => gzipSync(text)],
  ['deflate', (text) => deflateSync(text)],
  ['br', (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
];
