import { type Answer, type CheckDefinition, excerpt, type Stage, type Teaching } from '../harness/sdk/index.ts';
import { ada, askShop, askWell, tagOf } from './steps.ts';

/** HEAD and GET stand for the same. */
export function headBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'head',
    'HEAD says what GET says, without the body',
    {
      because: 'HEAD is answered by other code than GET. A cache that checks its copy with HEAD learns nothing.',
      lookAt: 'which route answers HEAD? Express uses the route of GET unless there is another one.',
    },
    async (t) => {
      const event = await askWell(t, '/events/98');
      const map = String(event.json?.map);
      const paths = [
        '/events/98',
        '/events?city=riga&page=1',
        '/events/99999',
        '/events?page=0',
        '/venues/x/map.svg',
        map,
        '/events/98?ref=radio',
        '/events/98%3Fx',
        '/events/x%2F..%2F98',
        '/events?city=riga%26page%3D2&page=1',
        '/events/9%2538',
        '/events/98/tickets',
        '/me',
      ];
      const copies = ['/events/98', '/events?city=riga&page=1'];
      const tags = await Promise.all(
        copies.map(async (path) => tagOf(t, await askWell(t, path, { 'accept-language': 'de' }))),
      );
      for (const [path, tag] of [
        ...paths.map((path) => [path, '"x"'] as const),
        ...copies.map((path, n) => [path, tags[n] ?? ''] as const),
      ]) {
        t.trail.begin(`If-None-Match: ${tag}`);
        // For both: the client sends a default with GET only, and the app may compress.
        const headers = { 'accept-encoding': 'identity', 'accept-language': 'de', 'if-none-match': tag };
        const get = await askShop(t, path, headers);
        mustBeAlike(t, get, await t.visitor().send('HEAD', path, undefined, { headers }));
      }
      await mustBeUpToDate(t, copies);
    },
  );
}

const same = ['etag', 'cache-control', 'vary', 'content-type', 'content-language', 'last-modified'];

function mustBeAlike(t: Stage, get: Answer, head: Answer, teaching: Partial<Teaching> = {}): void {
  head.mustBe(get.status, teaching);
  t.require(head.text === '', { expected: 'no body', seen: excerpt(head.text) });
  for (const name of same)
    t.require(head.headers[name] === get.headers[name], {
      expected: `${name}: ${get.headers[name] ?? 'none'}, as with GET`,
      seen: head.headers[name] ?? 'none',
      ...teaching,
    });
}

/** Whoever asks with HEAD first gets no older answer than the one who asks with GET after that. */
async function mustBeUpToDate(t: Stage, paths: string[]): Promise<void> {
  const headers = { 'accept-encoding': 'identity' };
  const compare = async (path: string, cookies?: Map<string, string>) => {
    const head = await t.visitor({ ...(cookies ? { cookies } : {}) }).send('HEAD', path, undefined, { headers });
    mustBeAlike(t, await t.visitor({ ...(cookies ? { cookies } : {}) }).get(path, { headers }), head, {
      because: 'HEAD says what was true before: it answers from what the shop was told last, and GET asks anew.',
      lookAt: 'where does HEAD get the status and the ETag from?',
    });
  };
  t.trail.begin('ada asks:');
  await compare('/me', ada);
  t.trail.begin();
  await t.supplier.change('98', { seatsLeft: 12 });
  t.step('event 98 has 12 seats left now:');
  await compare(paths[0] ?? '');
  await t.supplier.change('9', { seatsLeft: 12 });
  t.step('event 9, in the list, has 12 seats left now:');
  await compare(paths[1] ?? '');
  await t.supplier.fail({ how: 503 });
  t.step('the box office is out of order:');
  for (const path of paths) await compare(path);
  await t.supplier.heal();
}
