import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask } from './ask.ts';
import { assets, contentOf } from './files.ts';

/** Clients that can read gzip, in the words of several. */
const readers = ['gzip', 'gzip, deflate, br', 'deflate, gzip;q=1.0', 'br;q=1.0, gzip;q=0.8, *;q=0.1'];
const refusals = [undefined, 'identity', 'gzip;q=0', 'br'];
const proxies = ['1.1 cdn.example', '1.0 proxy.company.example, 1.1 cdn.example (edge)'];

/** Many examples of nginx.conf compress nothing for the first two. */
const browsers = [
  'Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)',
  'Mozilla/4.0 (compatible; MSIE 5.5; Windows 98)',
  'Mozilla/4.08 [en] (Win98; I ;Nav)',
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
];

interface Reading {
  'accept-encoding': string;
  via?: string;
  'user-agent'?: string;
}

const reading: Reading[] = [
  ...readers.map((accept) => ({ 'accept-encoding': accept })),
  ...proxies.map((via) => ({ 'accept-encoding': 'gzip, deflate, br', via })),
  ...browsers.map((browser) => ({ 'accept-encoding': 'gzip, deflate', 'user-agent': browser })),
];

export function compressedBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'compressed',
    'text is compressed for those who can read that, pictures never',
    {
      because: 'Text shrinks to a fifth. A PNG is compressed already, and only costs CPU time once more.',
      lookAt: 'which types does gzip_types name, and who may be told by Vary?',
    },
    async (t) => {
      for (const { path, file } of assets) {
        const isText = !path.endsWith('.png');
        const content = contentOf(file);
        for (const headers of reading) {
          const packed = await ask(t.url, path, { headers: { ...headers } });
          const { via, 'user-agent': browser } = headers;
          const more = via ? `, Via: ${via}` : browser ? `, User-Agent: ${browser}` : '';
          const coding = packed.headers['content-encoding'];
          const isShort = coding === 'gzip' && packed.body.length < content.length / 2;
          t.require(isText ? isShort : coding === undefined, {
            step: `GET ${path}, Accept-Encoding: ${headers['accept-encoding']}${more}`,
            expected: isText
              ? `Content-Encoding: gzip, and less than half of ${content.length} bytes`
              : 'no Content-Encoding',
            seen: `Content-Encoding: ${coding ?? 'none'}, ${packed.body.length} bytes`,
            ...(isText && via ? throughProxy : {}),
            ...(isText && browser ? byItsName : {}),
          });
        }
        for (const refusal of refusals) {
          const plain = await ask(t.url, path, { headers: refusal ? { 'accept-encoding': refusal } : {} });
          t.require(plain.headers['content-encoding'] === undefined && plain.body.equals(content), {
            step: `GET ${path}, Accept-Encoding: ${refusal ?? '(none)'}`,
            expected: 'the file as it is',
            seen: `Content-Encoding: ${plain.headers['content-encoding'] ?? 'none'}, ${plain.body.length} bytes`,
          });
          t.require(!isText || /accept-encoding/i.test(plain.headers.vary ?? ''), {
            step: `GET ${path}, Accept-Encoding: ${refusal ?? '(none)'}`,
            expected: 'Vary: Accept-Encoding, also where nothing was compressed',
            seen: `Vary: ${plain.headers.vary ?? 'none'}`,
            because:
              'Without Vary a shared cache gives the compressed file to somebody who can’t read it, or the large one to everybody.',
          });
        }
      }
    },
  );
}

const throughProxy = {
  because:
    'A request with Via has come through a CDN or a company’s proxy. By default nginx compresses nothing for those, so everybody behind it gets the large file.',
  lookAt: 'what does gzip_proxied say, and what is its default?',
};

const byItsName = {
  because:
    'This client accepts gzip, and says so. Others get the file compressed, so it is held to the name that it gives itself.',
  lookAt: 'what besides Accept-Encoding decides whether nginx compresses: what does gzip_disable say?',
};
