import type { CheckDefinition, Instance, Stage, SupplierHandle, Teaching } from '../harness/sdk/index.ts';
import { ask, OpenRequest, order, touch } from './ask.ts';
import { mustBeA, within } from './counting.ts';
import { Pipelined } from './pipelined.ts';
import { childrenOf, endWorker, skipWithoutSignals } from './processes.ts';
import { scrape } from './scrape.ts';

export const gauge = 'http_requests_in_flight';

export function inFlightBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'in-flight',
    'the requests in flight are those that have not ended',
    {
      because:
        'The gauge does not say how many requests are under way, and only a gauge that comes back can be trusted.',
      lookAt: 'when does it go up, when does it go down, and who adds up the workers?',
    },
    async (t) => {
      const app = t.app();
      await mustBeA(t, app, 'gauge', gauge, {
        because: 'Requests in flight go up and down. Only a gauge may do so.',
        lookAt: 'which kind of metric is it, and what is it called?',
      });
      await mustBe(t, app, 0, 'nobody asks', (seen) =>
        seen > 0
          ? {
              because:
                'All requests have been answered, or their clients have hung up, and some are still in the gauge. It grows for ever.',
              lookAt: 'which event ends a request whose client has gone?',
            }
          : {},
      );
      const held = await holdRequests(t, app, 8, t.supplier);
      const text = JSON.stringify(order);
      const halfSent = await OpenRequest.send(app, 'POST', '/orders', { text, sent: 8 });
      const when = '8 requests wait for the supplier, two orders among them, and one is sending its body';
      await mustBe(t, app, 9, when, {
        because:
          'A request is in flight until its answer is sent. One that is taken out earlier, or never put in, is missing when the app is full.',
        lookAt: 'which event takes a request out, and does it come before the answer of one that has a body?',
      });
      const piped = await pipe(t, app, t.supplier);
      await mustBe(
        t,
        app,
        12,
        `${when}; and 3 more on one connection, of which two wait for the supplier, after one that has been answered`,
        (seen) => (seen < 12 ? (seen < 11 ? oneConnection : waitsForItsTurn) : {}),
      );
      for (const [n, request] of held.slice(0, 3).entries()) request.hangUp(n % 2 ? 'RST' : 'FIN');
      halfSent.hangUp();
      piped.hangUp();
      await mustBe(t, app, 5, 'the clients of 7 have hung up, 3 of them on one connection', {
        because: 'Who hangs up is not in flight any more. A gauge that keeps them grows for ever.',
        lookAt: 'which event ends a request whose client has gone?',
      });
      await t.supplier.release();
      await t.supplier.restore();
      await mustBe(t, app, 0, 'the others have their answers');
      for (const request of held) request.hangUp();
    },
  );

  behaviour(
    'in-flight-killed',
    'what a killed worker was doing is not in flight any more',
    {
      because: 'The connections of a dead worker are gone. Requests that it can never end stay in the gauge for ever.',
      lookAt: 'which of a dead worker’s figures are still true?',
    },
    async (t) => {
      skipWithoutSignals(t);
      const app = t.app();
      const held = await holdRequests(t, app, 6, t.supplier);
      await mustBe(t, app, 6, '6 requests wait for the supplier');
      for (const pid of childrenOf(app)) await endWorker(t, app, pid, 'SIGKILL');
      await t.supplier.release();
      await t.supplier.restore();
      await ask(t, app, 'GET', '/health', { status: 200 }); // While no worker serves, no figure need be there.
      await mustBe(t, app, 0, 'all workers were killed and replaced');
      for (const request of held) request.hangUp();
    },
  );
}

const oneConnection = {
  because:
    'One connection may carry several requests, the next before the last is answered. Here each connection is counted, or the first request on it.',
  lookAt: 'what is counted: a connection, or a request?',
};

const waitsForItsTurn = {
  because:
    'The app has written an answer, and has not sent it: on one connection, an answer waits until those before it are over. Its client has nothing yet.',
  lookAt: 'is a request taken out when its handler is done, or when its answer has been sent?',
};

/** Three on one connection: two that the supplier is asked for, and one that is answered and waits for them. Another one is over. */
async function pipe(t: Stage, app: Instance, supplier: SupplierHandle): Promise<Pipelined> {
  const before = await supplier.total();
  const piped = new Pipelined(app);
  await piped.ask({ method: 'GET', path: '/health' });
  await piped.send(
    { method: 'GET', path: '/events/8' },
    { method: 'GET', path: '/seats' },
    { method: 'GET', path: '/health' },
  );
  await t.until('the supplier to be asked', async () => (await supplier.total()) >= before + 2);
  return piped;
}

/** Requests that the supplier has been asked for, and has not answered. */
export async function holdRequests(
  t: Stage,
  app: Instance,
  count: number,
  supplier: SupplierHandle,
): Promise<OpenRequest[]> {
  await supplier.setLatency(60_000);
  await supplier.reset();
  const held: OpenRequest[] = [];
  const text = JSON.stringify(order);
  for (let n = 0; n < count; n++)
    held.push(
      n % 3 === 2
        ? await OpenRequest.send(app, 'POST', '/orders', { text, sent: text.length })
        : await OpenRequest.send(app, 'GET', n % 3 ? '/seats' : '/events/8'),
    );
  touch(app);
  await t.until('the supplier to be asked', async () => (await supplier.total()) >= count);
  return held;
}

async function mustBe(
  t: Stage,
  app: Instance,
  expected: number,
  when: string,
  teaching: Partial<Teaching> | ((seen: number) => Partial<Teaching>) = {},
): Promise<void> {
  let seen: readonly number[] = [];
  const isRight = async () => {
    seen = (await scrape(t, app)).named(gauge).map(({ value }) => value);
    // No worker has fewer than none, although the sum of all may be right.
    return seen.length > 0 && seen.every((value) => value >= 0) && sumOf(seen) === expected ? true : undefined;
  };
  // It must come there, and not go on.
  for (const ask of [() => within(t, gauge, isRight), isRight])
    t.require(await ask(), {
      step: when,
      expected: `${gauge} ${expected}`,
      seen: `${gauge} ${seen.some((value) => value < 0) ? seen.join(' + ') : seen.length > 0 ? sumOf(seen) : 'is missing'}`,
      ...(typeof teaching === 'function' ? teaching(sumOf(seen)) : teaching),
    });
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
