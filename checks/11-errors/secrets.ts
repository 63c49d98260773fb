import type { CheckDefinition } from '../harness/sdk/index.ts';
import { ask, type Question } from './ask.ts';
import lesson from './lesson.ts';
import { newId, requestLine, textOf, watchLog } from './log.ts';
import { order, rigaOrder } from './provoke.ts';

const password = 'hunter2-tulip';
const card = '4000056655665556';
const supplierToken = 'the supplier’s token';
const secrets: Record<string, string> = {
  'the Authorization header': 'desk-clerk.5e1fb0',
  'a cookie': 'sid-8c02d9',
  'a password': password,
  'a nested password': 'deep-walnut-77',
  'a password that is not quoted': 'kiwi-4x9',
  'a card number': card,
  [supplierToken]: lesson.env.SUPPLIER_TOKEN ?? '',
};

/** What a form sends that somebody has filled in, with things in it that no route asked for. */
const private_ = {
  password,
  account: { owner: { login: { password: secrets['a nested password'] } } },
  payment: [{ kind: 'card', card: { number: card, cvc: '123' } }],
};

/** A password where JSON ends: V8 quotes ten characters of what stands there. */
const malformed = [
  `{"event": "1", "password": ${secrets['a password that is not quoted']}}`,
  `{"event": "1", "password": ${password}}`,
  `{"password": "${password}", "card": ${card}x}`,
];

export function secretBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'secrets',
    'passwords, card numbers, Authorization and cookies never reach the log',
    {
      because:
        'What is in the log is read by everybody on call, and kept for months. A secret in it has to be changed.',
      lookAt:
        'which whole objects are logged, such as a request, a body or an error with properties of its own, and whose words does a message repeat?',
    },
    async (t) => {
      const app = t.app();
      const watch = watchLog(app);
      const headers = {
        authorization: `Bearer ${secrets['the Authorization header']}`,
        cookie: `theme=dark; sid=${secrets['a cookie']}`,
      };
      const asked: { id: string; request: string }[] = [];
      const send = async (method: string, path: string, question: Question = {}) => {
        const id = newId('secret');
        t.trail.begin();
        const { request } = await ask(t, app, method, path, {
          ...question,
          headers: { ...headers, ...question.headers, 'x-request-id': id },
        });
        asked.push({ id, request });
        await requestLine(t, watch, id, request);
        const printed = textOf(watch);
        const leaked = Object.entries(secrets).find(([, secret]) => printed.includes(secret));
        const line = leaked && printed.split('\n').find((one) => one.includes(leaked[1]));
        t.require(!leaked, {
          expected: 'no secret in what the app prints',
          seen: `${leaked?.[0]}, in “${around(line ?? '', leaked?.[1] ?? '')}”`,
        });
      };
      await send('GET', '/seats');
      await send('POST', '/orders', { body: { ...order, ...private_ } });
      await send('POST', '/orders', { body: { ...order, seats: 0, ...private_ } });
      await send('POST', '/orders', { body: { ...order, seats: password, email: card } });
      await send('POST', '/orders', { body: { ...rigaOrder, ...private_ } });
      for (const body of malformed) await send('POST', '/orders', { body });
      await send('POST', '/orders', { body: { ...order, ...private_, note: 'x'.repeat(150_000) } });
      await send('POST', '/nowhere', { body: private_ });
      await send('GET', '/events/%zz');
      await send('GET', '/fees/riga');
      for (const how of [500, 'cut', 'garbage', 'refuse'] as const) {
        await t.supplier.fail({ how });
        await send('POST', '/orders', { body: { ...order, ...private_ } });
        await t.supplier.heal();
      }
      // A supplier that is helpful: it repeats what it was sent.
      for (const how of [401, 500, 'body'] as const) {
        await t.supplier.fail({
          how,
          body: JSON.stringify({ error: `the token ${secrets[supplierToken]} has expired` }),
        });
        for (const path of ['/events/1', '/export/oslo']) await send('GET', path);
        await send('POST', '/orders', { body: order });
        await t.supplier.heal();
      }
      await t.supplier.fail({ how: 500, route: 'POST /audit', body: `{"token":"${secrets[supplierToken]}"}` });
      await send('POST', '/orders', { body: { ...order, ...private_ } });
      await t.until('the supplier to refuse the audit', async () => (await t.supplier.calls())['POST /audit'] > 0);
      await t.supplier.heal();
      await send('GET', '/seats');
    },
    { limitMs: 30_000 },
  );
}

/** What stands before a secret, and the secret so far that it can be told. */
function around(line: string, secret: string): string {
  const at = line.indexOf(secret);
  return `${line.slice(Math.max(0, at - 50), at)}${secret.slice(0, 6)}…`;
}
