import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, mustBe } from './ask.ts';

const long = 'x'.repeat(61);
/** Sixty letters, and six times as many characters in an address. */
const cyrillic = encodeURIComponent('я'.repeat(60));
/** What a campaign adds to a link: no route knows it, and it is long. */
const campaign = `utm_content=${'x'.repeat(1_800)}`;

/** Queries, and the statuses that are right. */
const hostile: [path: string, statuses: number | number[]][] = [
  ['/shows?city=Oslo&city=Berlin', 400],
  ['/shows?city=Oslo&city=Oslo', 400],
  ['/shows?city=&city=', 400],
  ['/shows?city&city', 400],
  ['/shows?city=', 400],
  ['/shows?city', 400],
  ['/shows?city=Oslo&CITY=Berlin', 200],
  [`/shows?city=${long}`, 400],
  [`/shows?city=${'x'.repeat(9_000)}`, 400],
  [`/shows?${'city=a&'.repeat(900)}`, 400],
  ['/shows?utm_source=mail&utm_source=ad', 200],
  [`/shows?city=${cyrillic}`, 200],
  [`/search?q=${cyrillic}`, 200],
  [`/shows?city=Oslo&${campaign}`, 200],
  [`/search?${campaign}&q=late`, 200],
  [`/shows/7?${campaign}`, 200],
  ['/shows?q=late&q=show', 200],
  ['/search?q=late&city=Oslo&city=Berlin', 200],
  ['/shows/7?city=Oslo&city=Berlin&q=', 200],
  ['/health?city=Oslo&city=Berlin&q=', 200],
  ['/poster?q=late&q=show', 200],
  ['/me?q=late&q=show', 401],
  ['/search', 400],
  ['/search?', 400],
  ['/search?q', 400],
  ['/search?q=', 400],
  ['/search?q=late&q=show', 400],
  ['/search?q=late&q=late', 400],
  ['/search?Q=late', 400],
  [`/search?q=${long}`, 400],
  [`/search?q=${'x'.repeat(9_000)}`, 400],
  [`/search?${'q=a&'.repeat(900)}`, 400],
  ['/search?q=-late', 400],
  ['/search?q=late-', 400],
  ['/search?q=+late', 400],
  ['/search?q=late+', 400],
  ['/search?q=late+-+show', 400],
  ['/search?q=-', 400],
  ['/search?q=+', 400],
  ['/search?q=late--show', 400],
  ['/search?q=late++show', 400],
  ['/search?q=late+-show', 400],
  ['/search?q=%09late', 400],
  ['/search?q=late%0A', 400],
  ['/search?q=late%0Ashow', 400],
  ['/search?q=late%00', 400],
  ['/search?q=.*', 400],
  ['/search?q=(', 400],
  ['/search?q=[', 400],
  ['/search?q=late_show', 400],
  ['/search?q=%27+OR+1%3D1', 400],
  ['/search?q=%F0%9F%8E%B8', 400],
  ['/search?q=%C3', 400],
  ['/search?q=%ED%A0%80', 400],
];

/** What parsers of queries take for objects, for arrays, or for nothing at all. Whatever it is, it is no fault of the app. */
const odd: string[] = [
  'KEY[]=a',
  'KEY[]=a&KEY[]=b',
  'KEY[0]=a',
  'KEY[a]=b',
  'KEY[a][b][c]=d',
  'KEY[length]=1',
  'KEY[toLowerCase]=1',
  'KEY[toString]=1',
  'KEY[__proto__][x]=1',
  'KEY.a=b',
  '__proto__=1&KEY=a',
  '__proto__[KEY]=a',
  'constructor=1&KEY=a',
  'constructor[prototype][KEY]=a',
  'hasOwnProperty=1&KEY=a',
  'toString=1',
  'KEY=%ZZ',
  'KEY=%',
  'KEY=%C3',
  'KEY=%FF%FE',
  'KEY=%ED%A0%80',
  'KEY=%00',
  'KEY=a%00b',
  '=a',
  '&&&',
  '?KEY=a',
  'KEY=a;KEY=b',
  `${'[a]'.repeat(2_000)}=1`,
  `KEY${'[a]'.repeat(2_000)}=1`,
  Array.from({ length: 1_500 }, (_, n) => `p${n}=1`).join('&'),
];

/** What breaks those who take a request apart by themselves. Any answer but a 500 will do. */
const oddRequests: { method: string; path: string; headers?: Record<string, string> }[] = [
  ...['/health', '/shows', '/shows?city=Oslo', '/shows/7', '/search?q=late', '/poster'].map((path) => ({
    method: 'HEAD',
    path,
  })),
  ...['/shows', '/orders', '/me', '/nowhere'].map((path) => ({ method: 'OPTIONS', path })),
  ...['//', '//[', '///shows', '/\\', '/%', '/shows/%5B', '/shows/', '/?', '/search/?q=('].map((path) => ({
    method: 'GET',
    path,
  })),
  ...['[', 'a b', '%', ''].map((host) => ({ method: 'GET', path: '/shows?city=Oslo', headers: { host } })),
  { method: 'GET', path: '/shows', headers: { 'if-none-match': '"' } },
  { method: 'GET', path: '/poster', headers: { range: 'bytes=9-2' } },
  { method: 'GET', path: '/poster', headers: { 'if-modified-since': 'yesterday' } },
];

export function queriesBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'queries',
    'a query that holds anything but one text is refused, and nothing is a 500',
    {
      because: 'The app takes this for a city or a search term, or refuses what it should ignore.',
      lookAt: 'which values can req.query hold for a name, and which of them does the handler expect?',
    },
    async (t) => {
      const app = t.app();
      for (const [path, statuses] of hostile) {
        t.trail.begin();
        mustBe(t, await ask(t, app, 'GET', path), statuses);
      }
      for (const query of odd)
        for (const [path, name] of [
          ['/shows', 'city'],
          ['/search', 'q'],
        ] as const) {
          t.trail.begin();
          mustBe(t, await ask(t, app, 'GET', `${path}?${query.replaceAll('KEY', name)}`), [200, 400]);
        }
      for (const { method, path, headers = {} } of oddRequests) {
        t.trail.begin(Object.entries(headers).map(([name, value]) => `${name}: ${value}`)[0]);
        const reply = await ask(t, app, method, path, { headers });
        const isFine = reply.status > 0 && (reply.status < 500 || reply.status === 501);
        mustBe(t, reply, isFine ? reply.status : [200, 400, 404]);
      }
      for (const path of ['/shows/%ZZ', '/shows/%C3', '/shows/%00', `/shows/${'9'.repeat(5_000)}`]) {
        t.trail.begin();
        mustBe(t, await ask(t, app, 'GET', path), [400, 404]);
      }
    },
    { limitMs: 30_000 },
  );
}
