import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, inWords } from './ask.ts';
import { several } from './client.ts';
import { contentOf } from './files.ts';
import { deskOf, type Manifest, manifestsOf, selects } from './manifests.ts';

/** Express takes them for the same. */
const ways = ['/orders', '/orders/', '/Orders', '/orders?n=1'];

/** Half of the orders are said to come from somewhere else, each from another address. */
const elsewhere = (n: number) => {
  const address = `203.0.113.${n}`;
  return n % 2 ? { 'x-forwarded-for': address, 'x-real-ip': address, 'cf-connecting-ip': address } : {};
};

/** Nobody has looked yet whether any of it is true. */
const identities = [
  (n: number) => ({ authorization: `Bearer script-${n}` }),
  (n: number) => ({ cookie: `session=${n}; place=${n}`, 'x-api-key': `key-${n}` }),
  (n: number) => ({
    'user-agent': 'Mozilla/5.0 (compatible; Googlebot/2.1)',
    referer: `https://encore.example/?n=${n}`,
  }),
  () => ({}),
];

const someoneElse = (n: number) => ({ ...elsewhere(n), ...identities[Math.floor(n / 2) % identities.length]?.(n) });

const invalid = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"event":"none"}' };

export function furtherBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'prepared',
    'what was compressed at the build is sent as it is',
    {
      because:
        'nginx compresses the same file for each visitor, at a level that is quick. The build has time for the best one, and does it once.',
      lookAt: 'which module of nginx looks for a file with .gz beside the file?',
    },
    async (t) => {
      for (const name of ['shop.8c1f0e.js', 'shop.41d7aa.css']) {
        const reply = await ask(t.url, `/assets/${name}`, { headers: { 'accept-encoding': 'gzip' } });
        const prepared = contentOf(`static/${name}.gz`);
        t.require(reply.headers['content-encoding'] === 'gzip' && reply.body.equals(prepared), {
          step: `GET /assets/${name}, Accept-Encoding: gzip`,
          expected: `the ${prepared.length} bytes of static/${name}.gz`,
          seen: `${reply.headers['content-encoding'] ?? 'not compressed'}, ${reply.body.length} bytes`,
        });
      }
    },
    { further: true },
  );

  behaviour(
    'rate',
    'an address that sends orders without end is held up by nginx, and the others are not',
    {
      because: 'A script that buys holds Node, and every order of a customer waits behind it.',
      lookAt: 'what does nginx count by, how many a second does it allow, and which status does the rest get?',
    },
    async (t) => {
      if (!several) t.skip('only on Linux has a machine several addresses of its own');
      t.nginx.forget();
      const from = performance.now();
      const flood = Array.from({ length: 100 }, (_, n) =>
        ask(t.url, ways[n % ways.length] ?? '/orders', {
          ...invalid,
          headers: { ...invalid.headers, ...someoneElse(n) },
          from: '127.0.0.41',
        }),
      );
      const others = await Promise.all(
        ['127.0.0.42', '127.0.0.43', '127.0.0.44'].map((from) => ask(t.url, '/orders', { ...invalid, from })),
      );
      const replies = await Promise.all(flood);
      const seconds = (performance.now() - from) / 1_000;
      const passed = replies.filter(({ status }) => status === 400).length;
      const other = replies.find(({ status }) => status !== 400 && status !== 429);
      const refused = replies.filter(({ status }) => status === 429).length;
      const step = `100 orders at once from one address, which says something else of itself in each, in ${seconds.toFixed(1)} s`;
      const most = Math.ceil(21 + 10 * seconds);
      t.require(passed >= 5 && passed <= most, { step, expected: `5 to ${most} of them at Node`, seen: `${passed}` });
      t.require(refused === 100 - passed, {
        step,
        expected: '429 for the rest',
        seen: `${refused} of ${100 - passed}${other ? `, and ${inWords(other)}` : ''}`,
      });
      const bad = others.find(({ status }) => status !== 400);
      t.require(!bad, {
        step: 'meanwhile an order from each of three other addresses',
        expected: 'an answer of Node',
        seen: bad ? inWords(bad) : '',
        because: 'The limit counts everybody as one.',
      });
      const reads = await Promise.all(
        Array.from({ length: 30 }, (_, n) => ask(t.url, `/orders/none-${n}`, { from: '127.0.0.41' })),
      );
      const held = reads.filter(({ status }) => status === 429).length;
      t.require(held === 0, {
        step: `${reads.length} × GET /orders/:id from the first address`,
        expected: 'none of them to be held up',
        seen: `429 for ${held}`,
        because: 'Only orders that are placed are limited. Here the limit also counts those who look at one.',
        lookAt: 'which paths and which methods does the limit count?',
      });
      const event = await ask(t.url, '/events/oslo', { from: '127.0.0.41' });
      t.require(event.status === 200, {
        step: 'GET /events/oslo from the first address',
        expected: '200',
        seen: inWords(event),
        because: 'Only orders are limited.',
      });
    },
    { further: true },
  );

  behaviour(
    'disruption',
    'whoever empties a machine of the cluster takes one pod at a time',
    {
      because: 'A drain of a node may end all pods of the desk at once, if they happen to run there.',
      lookAt: 'which object of policy/v1 speaks of this, and can a drain still go on with two pods?',
    },
    async (t) => {
      const manifests = manifestsOf(t);
      const { deployment } = deskOf(t, manifests);
      const budget = manifests.find(
        ({ kind, spec }) => kind === 'PodDisruptionBudget' && selects(spec?.selector?.matchLabels, deployment),
      );
      t.require(budget, { step: 'k8s/', expected: 'a PodDisruptionBudget of the pods of the desk', seen: 'none' });
      const { minAvailable, maxUnavailable } = budget.spec as Manifest;
      const least = manifests.find(({ kind }) => kind === 'HorizontalPodAutoscaler')?.spec?.minReplicas ?? 1;
      // As Kubernetes counts: percentages of pods are rounded up.
      const count = (value: unknown) =>
        String(value).endsWith('%') ? Math.ceil((Number.parseFloat(String(value)) / 100) * least) : Number(value);
      const away = maxUnavailable !== undefined ? count(maxUnavailable) : least - count(minAvailable);
      t.require(away >= 1 && away < least, {
        step: `minAvailable: ${minAvailable ?? 'not set'}, maxUnavailable: ${maxUnavailable ?? 'not set'}, with ${least} pods`,
        expected: 'at least one may be away, and not all',
        seen: `${away}`,
      });
    },
    { further: true },
  );
}
