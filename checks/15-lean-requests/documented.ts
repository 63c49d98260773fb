import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { ask, mustBe, type Reply } from './ask.ts';
import { encodingOf, unpacked } from './compressed.ts';
import { cookieOf } from './routes.ts';

const listed = ['id', 'title', 'city', 'startsAt', 'priceCents', 'seatsLeft'];

export function documentedBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'documented',
    'an answer has the fields of the README’s table, and no others',
    {
      because:
        'The answer holds what nobody has promised and nobody reads. Every client pays for it, and here some of it is nobody’s business.',
      lookAt: 'what does this handler give to res.json: what is shown, or all that is stored?',
    },
    async (t) => {
      const app = t.app();
      for (const path of ['/shows', '/shows?city=vienna', '/search?q=brunch'])
        for (const encoding of ['identity', 'gzip', 'br, gzip;q=0.5']) {
          t.trail.begin(`Accept-Encoding: ${encoding}`);
          const reply = await ask(t, app, 'GET', path, { headers: { 'accept-encoding': encoding } });
          mustBe(t, reply, 200);
          for (const show of JSON.parse(unpacked(t, reply, encodingOf(reply)).toString())) only(t, reply, show, listed);
        }
      t.trail.begin();
      const health = await ask(t, app, 'GET', '/health');
      only(t, health, health.json, ['status']);
      const list = (await ask(t, app, 'GET', '/shows')).json;
      for (const n of [0, 119, 239]) {
        t.trail.begin();
        const reply = await ask(t, app, 'GET', `/shows/${n + 1}`);
        only(t, reply, reply.json, [...listed, 'description']);
        const { description, ...shown } = reply.json;
        t.require(JSON.stringify(sorted(shown)) === JSON.stringify(sorted(list[n])), {
          expected: `the same as in the list: ${JSON.stringify(list[n])}`,
          seen: JSON.stringify(shown),
          because: 'Two routes show the same show differently.',
          lookAt: 'where are the fields of a show chosen, and how often?',
        });
      }
      t.trail.begin();
      const ordered = await ask(t, app, 'POST', '/orders', { body: { show: '2', seats: 3 } });
      mustBe(t, ordered, 201);
      only(t, ordered, ordered.json, ['order', 'show', 'seats', 'totalCents']);
      t.require(ordered.json.show === '2', { expected: '"show":"2"', seen: JSON.stringify(ordered.json.show) });
      t.trail.begin();
      const visitor = await ask(t, app, 'POST', '/visitors', { body: { name: 'Ada' } });
      only(t, visitor, visitor.json, ['name', 'since']);
      const me = await ask(t, app, 'GET', '/me', { headers: { cookie: cookieOf(visitor) } });
      only(t, me, me.json, ['name', 'since']);
    },
  );
}

function only(t: Stage, { request }: Reply, found: Record<string, unknown>, names: string[]): void {
  const have = Object.keys(found ?? {});
  const more = have.filter((name) => !names.includes(name));
  const missing = names.filter((name) => !have.includes(name));
  t.require(more.length + missing.length === 0, {
    expected: `${names.join(', ')} in the answer to ${request}`,
    seen: more.length > 0 ? `also ${more.join(', ')}` : `no ${missing.join(', ')}`,
    ...(more.length > 0
      ? {}
      : { because: 'A field that is documented is missing.', lookAt: 'which fields does this handler choose?' }),
  });
}

function sorted(object: Record<string, unknown>) {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
}
