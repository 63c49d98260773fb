import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition, Instance, Stage, Teaching } from '../harness/sdk/index.ts';
import { type Goodbye, marked, newRequestId, OpenRequest } from './client.ts';
import { letGoMs } from './growth.ts';
import { sendRounds } from './held.ts';
import { bad, hungUp, putLargePoster } from './kinds.ts';
import { knownByAddress, knownByItsId, mustBeListed, named } from './listed.ts';

const openStreams = 150;
const openExports = 6;
const roundsMeanwhile = 30;
/** The seats of event 4, one a line. */
export const stadiumSeats = 120_000;
const knownByConnection = {
  because:
    'One connection may carry several requests, the next before the last is answered. A board that knows a request by its connection shows one of them.',
  lookAt: 'what is a request on the board known by, and can two have the same?',
};

const knownToOneEvent = {
  because:
    'This request came with Expect: 100-continue, as curl sends it before a large body. Where a server listens for checkContinue, Node does not emit its request event for such a request.',
  lookAt: 'where does a request come on the board, and which requests do not pass there?',
};

const notSentYet = {
  because:
    'The app has written this answer, and has not sent it: on one connection, an answer waits until those before it are over. A request that is off the board by then is not seen by whoever asks why its client waits.',
  lookAt: 'is a request taken off when its handler is done, or when its answer has been sent?',
};

export function underWayBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'under-way',
    'GET /under-way lists what is under way, all of it and nothing else',
    {
      because: 'The board does not show what the app is working on. Whoever is on call decides by it.',
      lookAt: 'when does a request come on the board, and which event takes it off?',
    },
    async (t) => {
      const app = t.app();
      const open: OpenRequest[] = [];
      try {
        const twins = new Map<string, Teaching>();
        let requestId = newRequestId();
        for (let n = 0; n < openStreams; n++) {
          // Some have the address of the one before, as two tabs with the same page have, and some its id.
          const path = (n % 10 === 1 && open[n - 1]?.path) || marked(`/events/${1 + (n % 4)}/live`);
          if (n % 10 !== 4) requestId = newRequestId();
          const one = new OpenRequest(app, { method: 'GET', path, requestId }, { reads: true });
          if (n % 10 === 4) for (const twin of [open.at(-1) as OpenRequest, one]) twins.set(named(twin), knownByItsId);
          open.push(one);
        }
        const ofTwo = marked('/exports');
        const halls = Array.from({ length: openExports }, (_, n) =>
          openExport(app, n < 2 ? ofTwo : marked('/exports'), { asksFirst: n === 2 }),
        );
        twins.set(named(halls[2] as OpenRequest), knownToOneEvent);
        open.push(...halls);
        for (const [n, one] of open.map(named).entries())
          if (open.map(named).indexOf(one) !== n) twins.set(one, knownByAddress);
        t.step(
          `${openStreams} streams are open, and ${openExports} clients read nothing of their POST /exports of event 4; some have the same address, or bring the same X-Request-Id`,
        );
        await mustBeListed(t, app, open, twins);
        await putLargePoster(t, app);
        t.step(
          `meanwhile ${bad.length * roundsMeanwhile} requests fail, and ${hungUp.length * roundsMeanwhile} clients hang up`,
        );
        await sendRounds(t, app, bad, roundsMeanwhile);
        await sendRounds(t, app, hungUp, roundsMeanwhile);
        await delay(letGoMs); // What is dropped by the clock is dropped by now.
        await mustBeListed(t, app, open, twins, {
          because: 'Something has dropped what is still under way, to make room or because it was old.',
          lookAt: 'what is dropped when there is too much, and how does that know what has ended?',
        });
        const [whole, ...others] = halls as [OpenRequest, ...OpenRequest[]];
        const leaving = [...open.filter((_, n) => n % 2 === 0 && n < openStreams), ...others];
        for (const [n, one] of leaving.entries()) one.hangUp(n % 4 < 2 ? 'FIN' : ('RST' satisfies Goodbye));
        t.step('every second stream is closed, and all exports but one, by FIN or RST');
        const rest = open.filter((one) => !leaving.includes(one));
        await mustBeListed(t, app, rest, twins);
        whole.read();
        t.step('the client of the last export reads its answer');
        await t.until(`${stadiumSeats} lines`, () => linesOf(whole) >= stadiumSeats, { deadlineMs: 20_000 });
        for (const one of rest) one.hangUp('FIN');
        t.step('every stream is closed');
        await mustBeListed(t, app, [], twins);
        open.push(...(await twoOnOneConnection(t, app)));
        open.push(...(await behindAStream(t, app)));
      } finally {
        for (const one of open) one.hangUp('FIN');
      }
    },
    { limitMs: 60_000 },
  );
}

/** The answer to the second waits for the end of the first, so neither has ended. */
async function twoOnOneConnection(t: Stage, app: Instance): Promise<OpenRequest[]> {
  const stream = (event: number) => ({ method: 'GET', path: marked(`/events/${event}/live`) });
  const first = new OpenRequest(app, stream(1), { reads: true });
  const second = new OpenRequest(app, stream(2), { reads: false, on: first });
  await t.until('the first stream to begin', () => first.text.includes('text/event-stream'));
  t.step('a client asks for two streams on one connection, the second without waiting for the answer to the first');
  // Whoever says that takes no more requests from this connection.
  if (/^connection: *close/im.test(first.text)) return [first, second];
  await mustBeListed(t, app, [first, second], new Map(), knownByConnection);
  first.hangUp('FIN');
  t.step('the client hangs up');
  await mustBeListed(t, app, [], new Map());
  return [first, second];
}

/** Their handlers have done all they do, and nothing of the answers can leave before the stream ends. */
async function behindAStream(t: Stage, app: Instance): Promise<OpenRequest[]> {
  const stream = new OpenRequest(app, { method: 'GET', path: marked('/events/1/live') }, { reads: true });
  await t.until('the stream to begin', () => stream.text.includes('text/event-stream'));
  if (/^connection: *close/im.test(stream.text)) return [stream];
  const behind = [
    { method: 'GET', path: marked('/events/2') },
    { method: 'GET', path: marked('/events/none') },
    { method: 'POST', path: marked('/events/2/sales'), body: '{"seats":2}' },
    { method: 'POST', path: marked('/events/2/sales'), body: '{"seats":0}' },
    { method: 'GET', path: marked('/events/4/poster') },
  ].map((message) => new OpenRequest(app, message, { reads: false, on: stream }));
  const open = [stream, ...behind];
  t.step(`a client asks for a stream, and sends ${behind.length} requests on the same connection, which it keeps open`);
  await mustBeListed(t, app, open, new Map(), notSentYet);
  stream.hangUp('FIN');
  t.step('the client hangs up');
  await mustBeListed(t, app, [], new Map());
  return open;
}

export const openExport = (app: Instance, path: string, { asksFirst = false } = {}) =>
  new OpenRequest(app, { method: 'POST', path, body: '{"event":"4"}', asksFirst }, { reads: false });

export const linesOf = ({ text }: OpenRequest) => text.split('"seat":').length - 1;
