import type { CheckDefinition, Instance, Stage } from '../harness/sdk/index.ts';
import { ask, mustBe } from './ask.ts';
import { sendRaw } from './raw.ts';
import { orderedInTheSameSecond } from './same-second.ts';
import { seatsIn, seatsLeft } from './seats.ts';
import { soldOut } from './sold-out.ts';

export function freshBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'fresh',
    'an order shows in the next list',
    {
      because: 'The seats were sold, and this answer still has the number from before. It was made earlier and kept.',
      lookAt:
        'what is kept from one answer to the next, by which name, and who drops it by the same name when an order comes?',
    },
    async (t) => {
      const app = t.app();
      for (const id of ['5', '240', '4', '5'])
        for (const encoding of ['identity', 'gzip', 'br, gzip;q=0.5']) {
          t.trail.begin();
          const before = await seatsLeft(t, app, id, encoding);
          mustBe(t, await ask(t, app, 'POST', '/orders', { body: { show: id, seats: 4 } }), 201);
          const after = await seatsLeft(t, app, id, encoding, before);
          for (const [path, { seats, validators }] of before) {
            const now = after.get(path);
            t.trail.begin(`GET ${path} with Accept-Encoding: ${encoding}`);
            t.step(`POST /orders {"show":"${id}","seats":4}`, '201');
            t.require(now?.seats === seats - 4, {
              step: `GET ${path}`,
              expected: `${seats - 4} seats left`,
              seen: String(now?.seats),
            });
            t.require(!now?.isUnchanged, {
              step: `GET ${path} with ${JSON.stringify(validators)}`,
              expected: `200, and ${seats - 4} seats left`,
              seen: '304, which says that there are as many as before',
              ...notModified,
            });
          }
        }
      for (const path of ['/shows', '/shows?city=Vienna', '/search?q=1', '/search?q=UNDA'])
        for (const encoding of ['gzip', 'br, gzip;q=0.5', 'identity']) await orderedMeanwhile(t, app, path, encoding);
      await orderedInTheSameSecond(t, app);
      await soldOut(t, app);
    },
    { limitMs: 30_000 },
  );
}

const notModified = {
  because: 'The seats were sold, and the app says that the list has not changed. A browser shows the one from before.',
  lookAt: 'what are ETag and Last-Modified made of, and does that change with each order?',
};

const meanwhile = '5'; // In each of these lists.

/** An order comes while the list is being made: both requests arrive at once, and Node hands over the second before the list is compressed. */
async function orderedMeanwhile(t: Stage, app: Instance, path: string, encoding: string): Promise<void> {
  // Whatever is kept of the list is dropped by this one.
  mustBe(t, await ask(t, app, 'POST', '/orders', { body: { show: meanwhile, seats: 1 } }), 201);
  const before = await seatsIn(t, app, path, meanwhile, 'identity');
  mustBe(t, await ask(t, app, 'POST', '/orders', { body: { show: meanwhile, seats: 1 } }), 201);
  const body = JSON.stringify({ show: meanwhile, seats: 2 });
  const answers = await sendRaw(app, [
    `GET ${path} HTTP/1.1`,
    'Host: shop.example',
    `Accept-Encoding: ${encoding}`,
    '',
    'POST /orders HTTP/1.1',
    'Host: shop.example',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
    '',
    body,
  ]);
  // Nobody promises to answer two requests on one connection.
  if (!answers.includes('HTTP/1.1 201')) return;
  const after = await seatsIn(t, app, path, meanwhile, encoding);
  t.trail.begin(`Accept-Encoding: ${encoding}`);
  t.step(`GET ${path} and, before it is answered, POST /orders ${body}`, '200, and 201');
  t.step(`GET ${path} afterwards`, '200');
  t.require(after === Number(before) - 3, {
    expected: `${Number(before) - 3} seats left`,
    seen: String(after),
    because:
      'A list was being made when the order came. The order dropped what was kept, and then the list from before was kept.',
    lookAt: 'what happens to a list that is not ready, for instance not yet compressed, when an order comes?',
  });
}
