import { gzipSync } from 'node:zlib';
import type { CheckDefinition, Teaching } from '../harness/sdk/index.ts';
import { ask, jsonType, mustBe, type Question } from './ask.ts';
import { padded, writers } from './writers.ts';

export function contentTypeBehaviours(behaviour: CheckDefinition['behaviour']): void {
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
