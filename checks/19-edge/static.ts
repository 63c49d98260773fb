import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { ask, inTurns, inWords, type Question } from './ask.ts';
import { compressedBehaviour } from './compressed.ts';
import { assets, contentOf, page } from './files.ts';

const files = [page, ...assets];

const lookAt = 'which location of nginx.conf answers this path, and from where?';

/** Whatever may be asked of a file besides the file itself. */
const ways: { how: string; query?: string; question: Question; status: number }[] = [
  { how: 'GET', question: {}, status: 200 },
  { how: 'HEAD', question: { method: 'HEAD' }, status: 200 },
  { how: 'GET, with a query', query: '?v=2', question: {}, status: 200 },
  { how: 'GET, with a cookie', question: { headers: { cookie: 'place=1' } }, status: 200 },
  { how: 'GET, with Authorization', question: { headers: { authorization: 'Bearer ada.9f31c7' } }, status: 200 },
];

export function staticBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'static',
    'the page and its files come from nginx, and Node sees none of 500 requests',
    { because: 'Node reads the file and sends it. That takes the event loop from those who want tickets.', lookAt },
    async (t) => {
      await eachFileIsRight(t);
      t.nginx.forget();
      await inTurns(8, 500, async (n, agent) => {
        const { path } = files[n % files.length] ?? page;
        await ask(t.url, path, { agent });
      });
      for (const path of ['/assets/none.000000.js', '/assets/none/none.css', '/assets/shop.000000.css']) {
        const reply = await ask(t.url, path);
        t.require(reply.status === 404, {
          step: `GET ${path}, which does not exist`,
          expected: '404',
          seen: inWords(reply),
        });
      }
      t.step('500 requests for the page and its files, and three for files that do not exist');
      t.require(t.nginx.seen().length === 0, { expected: 'no request to Node', seen: `${t.nginx.seen().length}` });
      for (const path of ['/', '/assets/shop.41d7aa.css', '/assets/none.000000.js', '/assets/none/'])
        for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
          const reply = await ask(t.url, path, { method, headers: { 'content-length': 0 } });
          t.require(t.nginx.seen().length === 0, {
            step: `${method} ${path}: ${inWords(reply)}`,
            expected: 'no request to Node',
            seen: 'Node was asked',
            because: 'Nothing below these paths is made by Node, so it need not hear of any request for them.',
          });
        }
    },
  );

  behaviour(
    'lifetimes',
    'a file with a hash in its name is kept for a year, the page is asked for again',
    {
      because:
        'A name with a hash never gets another content, so a browser need not ask again. The page names the hashes, so it must.',
      lookAt: 'what do expires and add_header say in the locations of nginx.conf?',
    },
    async (t) => {
      for (const { path } of assets) {
        for (const encoding of ['identity', 'gzip']) {
          const reply = await ask(t.url, path, { headers: { 'accept-encoding': encoding } });
          const age = maxAge(reply.headers['cache-control']);
          t.require(
            reply.status === 200 &&
              age !== undefined &&
              age >= 31_536_000 &&
              !isKeptBack(reply.headers['cache-control']),
            {
              step: `GET ${path}, Accept-Encoding: ${encoding}`,
              expected: 'Cache-Control with a max-age of 31536000 or more',
              seen: `${inWords(reply)}, Cache-Control: ${reply.headers['cache-control'] ?? 'none'}`,
            },
          );
        }
      }
      const home = (await ask(t.url, '/')).headers['cache-control'];
      t.require(/\bno-cache\b|\bno-store\b/.test(home ?? '') || maxAge(home) === 0, {
        step: 'GET /',
        expected: 'Cache-Control: no-cache',
        seen: home ?? 'no Cache-Control',
        because:
          'A browser may keep a page without Cache-Control for as long as it guesses, and old pages name files that are gone.',
      });
      const missing = await ask(t.url, '/assets/none.000000.js');
      t.require((maxAge(missing.headers['cache-control']) ?? 0) <= 60, {
        step: 'GET /assets/none.000000.js, which does not exist',
        expected: 'no lifetime',
        seen: `${missing.status}, Cache-Control: ${missing.headers['cache-control']}`,
        because: 'A file that is missing for a moment of a deploy would be missing in this browser for a year.',
      });
    },
  );

  compressedBehaviour(behaviour);

  behaviour(
    'traversal',
    'nothing outside of the shop’s files can be read',
    {
      because: 'The path leaves the folder of the files. Whoever asks so reads the keys of the shop.',
      lookAt:
        'what becomes of /assets../encore.env in this location: where does its prefix end, and where does alias go on?',
    },
    async (t) => {
      t.step('each path is sent as it stands here, by a client that does not tidy it up');
      for (const path of attacks()) {
        const reply = await ask(t.url, path);
        const leak = outside.find(({ text }) => reply.body.includes(text));
        t.require(!leak, {
          step: `GET ${path}`,
          expected: 'no file but those in static',
          seen: `${reply.status}, with a line of ${leak?.file}`,
        });
      }
    },
  );
}

async function eachFileIsRight(t: Stage): Promise<void> {
  for (const { path, file, type } of files) {
    for (const { how, query = '', question, status } of ways) {
      t.nginx.forget();
      const reply = await ask(t.url, path + query, question);
      const bytes = question.method === 'HEAD' ? undefined : contentOf(file);
      const step = `${how} ${path}${query}`;
      t.require(reply.status === status && (!bytes || reply.body.equals(bytes)), {
        step,
        expected: `${status}${bytes ? `, the ${bytes.length} bytes of ${file}` : ''}`,
        seen: `${inWords(reply)}, ${reply.body.length} bytes`,
        because: 'The file does not come, or is not the right one.',
      });
      t.require(type.test(reply.headers['content-type'] ?? ''), {
        step,
        expected: `a Content-Type like ${type.source.replace(/[\\^]|\(x-\)\?/g, '')}`,
        seen: reply.headers['content-type'] ?? 'none',
        because: 'A browser runs no script and uses no style sheet that calls itself something else.',
        lookAt: 'where does nginx get the types from: which include is missing?',
      });
      t.require(t.nginx.seen().length === 0, { step, expected: 'no request to Node', seen: 'Node was asked' });
    }
    const tag = (await ask(t.url, path)).headers.etag;
    t.require(tag, {
      step: `GET ${path}`,
      expected: 'an ETag',
      seen: 'none',
      because: 'Without an ETag a browser that has the file gets all of it again.',
    });
    const again = await ask(t.url, path, { headers: { 'if-none-match': tag } });
    t.require(again.status === 304, {
      step: `GET ${path}, If-None-Match: ${tag}`,
      expected: '304',
      seen: inWords(again),
    });
  }
}

const secrets = ['encore.env', 'nginx.conf', 'package.json', 'src/app.ts', 'k8s/desk.yaml'];
/** A line of each that no other file has. */
const outside = [
  { file: 'encore.env', text: 'TICKET_SIGNING_KEY' },
  { file: 'nginx.conf', text: 'proxy_pass' },
  { file: 'package.json', text: 'encore-ticket-desk' },
  { file: 'src/app.ts', text: "from 'express'" },
  { file: 'k8s/desk.yaml', text: 'apiVersion' },
];

function attacks(): string[] {
  const ups = [
    '/assets../',
    '/assets/../',
    '/assets/..%2f',
    '/assets/%2e%2e/',
    '/assets/%2e%2e%2f',
    '/assets//../',
    '/assets..%2f',
  ];
  const roots = ['/', '/../', '/%2e%2e/', '/..%2f', '//', '/assets/'];
  return [...ups, ...roots].flatMap((up) => secrets.map((file) => up + file));
}

function maxAge(header: string | undefined): number | undefined {
  const seconds = /\bmax-age=(\d+)/.exec(header ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

const isKeptBack = (header: string | undefined) => /\b(no-store|no-cache|private)\b/.test(header ?? '');
