import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { CheckDefinition, Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { ask, mustBe, type Reply } from './ask.ts';
import { sendRaw } from './raw.ts';

/** Accept-Encoding, and what may be sent then. */
const accepted: [header: string | undefined, allowed: string[]][] = [
  ['gzip', ['gzip']],
  ['gzip, deflate, br', ['gzip', 'br', 'deflate']],
  ['deflate, gzip;q=1.0, *;q=0.5', ['gzip', 'br', 'deflate']],
  ['gzip;q=0.5', ['gzip']],
  ['gzip;q=0.001, br;q=0', ['gzip']],
  ['br;q=0, gzip', ['gzip']],
  ['gzip;q=0', ['identity']],
  ['gzip; q=0', ['identity']],
  ['gzip;q=0.000', ['identity']],
  ['gzip;q=0, identity', ['identity']],
  ['gzip;q=0, deflate;q=0, br;q=0', ['identity']],
  ['gzip;q=0, br', ['br', 'identity']],
  ['br', ['br', 'identity']],
  ['identity', ['identity']],
  ['notgzip', ['identity']],
  // Nonsense: whatever comes, it can be read.
  ['gzip;q=much, ;;,=', ['gzip', 'br', 'deflate', 'identity']],
  ['', ['identity']],
  [undefined, ['identity']],
];

interface Asked {
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  /** The body, for the trail. */
  what?: string;
  /** Where the answer is not compressed, and has to be. */
  notCompressed?: Teaching;
}

const alsoRefusals: Teaching = {
  because: 'This refusal is longer than 1,024 bytes, and the line speaks of JSON, whatever its status is.',
  lookAt: 'which answers go past the code that compresses, and who writes the refusals?',
};
const bytesOfLetters: Teaching = {
  because:
    'This refusal has more than 1,024 bytes, and fewer letters: each letter of that name takes three bytes. A refusal with as many bytes in short names is compressed.',
  lookAt: 'what does the app measure before it compresses: the letters of the text, or its bytes?',
};

const lists = ['/shows', '/shows?city=Oslo', '/search?q=late', '/search?q=late+show+1'];
/** Their refusal lists the names of all these fields: more than 1,024 bytes of JSON. */
const unknown = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`a-field-${n}`, n]));
const longRefusals: Asked[] = ['/orders', '/visitors'].map(
  (path): Asked => ({
    method: 'POST',
    path,
    body: unknown,
    what: 'with 150 unknown fields',
    notCompressed: alsoRefusals,
  }),
);
/** Of more than 1,024 bytes, too, as the name is in them, and of much fewer letters. */
const refusalsOfFewLetters: Asked[] = ['/orders', '/visitors'].map(
  (path): Asked => ({
    method: 'POST',
    path,
    body: { ['日'.repeat(350)]: 1 },
    what: 'with an unknown field whose name is 350 × 日, which are 1,050 bytes',
    notCompressed: bytesOfLetters,
  }),
);
/** Less than 1,024 bytes, or no JSON. */
const others = [
  '/health',
  '/shows/7',
  '/shows?city=Atlantis',
  '/search?q=zebra',
  '/search?q=39',
  '/poster',
  '/shows/none',
  '/search',
  '/me',
];

export function compressedBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'compressed',
    'JSON of 1,024 bytes and more is compressed if the client allows it, and nothing else is',
    {
      because: 'The answer is not in an encoding that this client has asked for.',
      lookAt: 'how does the app find out whether Accept-Encoding allows gzip, also with a q?',
    },
    async (t) => {
      const app = t.app();
      await mustSuitAtOnce(t, app);
      for (const path of lists) for (const each of accepted) await mustSuit(t, app, { method: 'GET', path }, each);
      for (const refusal of [...longRefusals, ...refusalsOfFewLetters])
        for (const each of accepted) await mustSuit(t, app, refusal, each);
      for (const path of others)
        for (const header of ['gzip', 'gzip, deflate, br', 'br']) {
          t.trail.begin(`Accept-Encoding: ${header}`);
          const reply = await ask(t, app, 'GET', path, { headers: { 'accept-encoding': header } });
          t.require(encodingOf(reply) === 'identity', {
            expected: 'no Content-Encoding',
            seen: `${encodingOf(reply)}, ${reply.bytes.length} bytes`,
            because:
              path === '/poster'
                ? 'A JPEG is compressed already. Compressing it again takes time here and at the client, and saves nothing.'
                : 'So few bytes travel in one packet, compressed or not. The work on them is lost.',
            lookAt: 'what does the app ask about an answer before it compresses it?',
          });
        }
    },
    { further: true, limitMs: 30_000 },
  );
}

async function mustSuit(t: Stage, app: Instance, asked: Asked, [header, allowed]: (typeof accepted)[number]) {
  const { method, path, body, what, notCompressed } = asked;
  const status = method === 'GET' ? 200 : 400;
  const question = body === undefined ? {} : { body, ...(what ? { what } : {}) };
  const plain = await ask(t, app, method, path, question);
  t.trail.begin(header === undefined ? 'no Accept-Encoding' : `Accept-Encoding: ${header}`);
  const headers: Record<string, string> = header === undefined ? {} : { 'accept-encoding': header };
  const reply = await ask(t, app, method, path, { ...question, headers });
  mustBe(t, reply, status);
  const encoding = encodingOf(reply);
  t.require(allowed.includes(encoding), {
    expected: allowed.join(' or '),
    seen: encoding,
    ...(encoding === 'identity' ? notCompressed : {}),
  });
  const vary = String(reply.headers.vary ?? '');
  t.require(/(^|,)\s*(accept-encoding|\*)\s*(,|$)/i.test(vary), {
    expected: 'Vary: Accept-Encoding, compressed or not',
    seen: vary ? `Vary: ${vary}` : 'no Vary',
    because:
      'A cache that keeps this answer gives it to the next client, also to one that can read only the other form.',
    lookAt: 'which header tells a cache that the answer depends on Accept-Encoding, and which answers depend on it?',
  });
  t.require(unpacked(t, reply, encoding).equals(plain.bytes), {
    expected: 'the same JSON as without compression',
    seen: 'another text',
    because: 'Nothing has changed meanwhile, and the compressed form holds something else.',
    lookAt: 'what exactly is compressed, and is it complete?',
  });
}

/** More than zlib has threads, and none like another, so that nothing made for one serves the next. */
const many = [
  ...['Berlin', 'Oslo', 'Lisbon', 'Malm%C3%B6', 'Vienna', 'Dublin', 'Prague', 'Madrid'].map(
    (city) => `/shows?city=${city}`,
  ),
  ...Array.from('aeionrtdhgyscu1234', (term) => `/search?q=${term}`),
  ...['late', 'show', 'rock', 'night', 'friday', 'party'].map((term) => `/search?q=${term}`),
];

/** One behind the other in one piece, so that Node hands over all of them before the first is compressed. */
async function mustSuitAtOnce(t: Stage, app: Instance): Promise<void> {
  const heads = many.map((path) => `GET ${path} HTTP/1.1\r\nHost: shop.example\r\nAccept-Encoding: gzip`);
  const answers = await sendRaw(app, [heads.join('\r\n\r\n'), 'Connection: close', '', '']);
  const count = (pattern: RegExp) => answers.match(pattern)?.length ?? 0;
  // Nobody promises to answer many requests on one connection.
  if (count(/HTTP\/1\.1 200 /g) !== many.length) return;
  const plain = many.length - count(/^content-encoding: *gzip\r?$/gim);
  t.trail.begin(`${many.length} lists at once, each another, with Accept-Encoding: gzip`);
  t.require(plain <= 0, {
    expected: 'gzip for each of them',
    seen: `${plain} that are not compressed`,
    because:
      'Some of these lists came as they are, although their client takes gzip. Asked for alone, the same list is compressed: it depends on what else is asked at that moment.',
    lookAt: 'what decides whether an answer is compressed, besides its length and Accept-Encoding?',
  });
}

export function encodingOf({ headers }: Reply): string {
  return (headers['content-encoding'] ?? 'identity').toLowerCase();
}

/** The body without its compression. */
export function unpacked(t: Stage, { bytes }: Reply, encoding: string): Buffer {
  try {
    if (encoding === 'gzip') return gunzipSync(bytes);
    if (encoding === 'br') return brotliDecompressSync(bytes);
    return encoding === 'deflate' ? inflateSync(bytes) : bytes;
  } catch (error) {
    t.require(false, {
      expected: `a body in ${encoding}`,
      seen: String((error as Error).message),
      because: 'Content-Encoding says how the body is packed, and it is packed in another way, or not at all.',
      lookAt: 'who sets Content-Encoding, and who compresses?',
    });
    return bytes;
  }
}
