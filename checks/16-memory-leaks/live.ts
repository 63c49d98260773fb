import { setTimeout as delay } from 'node:timers/promises';
import type { CheckDefinition } from '../harness/sdk/index.ts';
import { marked, OpenRequest, seen, send } from './client.ts';
import { beatsIn, mustBeatMeanwhile, Newcomers } from './heartbeats.ts';
import { sendRounds } from './held.ts';
import { bad, streams } from './kinds.ts';
import { comeAndGo, comeAndGoAfterBeats } from './passers.ts';

const clientsOfEach = 4;
const heartbeatMs = 200;
/** For another app, which must not be done with it before this behaviour is. */
const rareHeartbeatMs = 60_000;
/** Ten times as long as three of them take. */
const heartbeatsWithinMs = 6_000;
/** A shared timer may have begun before the stream, and one more comment at its beginning is right, too. No noise makes them more. */
const mostTimesAsMany = 2;
/** One of a timer that all share, and one that a stream may begin with. */
const mostOnCalm = 2;
const salesAt = [0, 1_500, 3_000];

export function liveBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'live',
    'each open stream gets each sale of its event once, and heartbeats, while others come and go',
    {
      because: 'A stream is open, and its client is not told. It believes that nothing is sold.',
      lookAt:
        'what ends or drops a stream other than its own client, such as another of the same address, and what is taken off with somebody else’s?',
    },
    async (t) => {
      const app = await t.startExtra({ env: { HEARTBEAT_MS: String(heartbeatMs) } });
      const calm = await t.startExtra({ env: { HEARTBEAT_MS: String(rareHeartbeatMs) } });
      const onCalm = new OpenRequest(calm, { method: 'GET', path: '/events/1/live' }, { reads: true });
      await comeAndGoAfterBeats(t, app, heartbeatMs);
      const open = (event: string) => {
        const path = marked(`/events/${event}/live`);
        return Array.from(
          { length: clientsOfEach },
          () => new OpenRequest(app, { method: 'GET', path }, { reads: true }),
        );
      };
      const openedAt = performance.now();
      const clients = { '1': open('1'), '2': open('2') };
      const all = Object.values(clients).flat();
      const expected = { '1': [] as number[], '2': [] as number[] };
      t.step(`${clientsOfEach} clients open one address of GET /events/1/live, as many one of GET /events/2/live`);
      try {
        await t.until('the streams to begin', () =>
          [...all, onCalm].every(({ text }) => text.includes('text/event-stream')),
        );
        const begun = performance.now();
        for (const at of salesAt) {
          await sendRounds(t, app, streams, 20);
          await sendRounds(t, app, bad.slice(0, 4), 10);
          await delay(Math.max(0, begun + at - performance.now()));
          t.step('60 other streams come and go, and 40 requests fail; then both events sell');
          await sell();
        }
        // Nobody else is there for this event, so its last stream goes with it.
        await comeAndGo(t, app, ['/events/3/live']);
        // Not how often, which a busy machine decides, but that they go on after all that has come and gone.
        const before = new Map(all.map((one) => [one, beatsIn(one)]));
        const silent = () => all.filter((one) => beatsIn(one) < (before.get(one) ?? 0) + 3);
        for (const until = performance.now() + heartbeatsWithinMs; silent().length > 0 && performance.now() < until; )
          await delay(20);
        t.require(silent().length === 0, {
          expected: `three more heartbeats on each stream within ${heartbeatsWithinMs / 1_000} s, with HEARTBEAT_MS=${heartbeatMs}`,
          seen: `fewer on ${silent().length} of ${all.length}`,
          because: 'Proxies end a connection on which nothing is sent for a while.',
          lookAt: 'which timer sends the heartbeats of a stream, and who has cleared it?',
        });
        const beats = Math.max(...all.map(beatsIn));
        const mayBeats = mostTimesAsMany * ((performance.now() - openedAt) / heartbeatMs) + mostOnCalm;
        t.require(beats <= mayBeats, {
          expected: `a comment every ${heartbeatMs} ms on each stream, with HEARTBEAT_MS=${heartbeatMs}`,
          seen: `${beats} on one of ${all.length} in ${((performance.now() - openedAt) / 1_000).toFixed(1)} s`,
          because:
            'A stream gets one comment in each interval. This one gets those of others, too, or those of a timer that was not cleared when the next began.',
          lookAt: 'how many timers write to one stream?',
        });
        using newcomers = new Newcomers(t, app, all);
        await mustBeatMeanwhile(t, all, heartbeatMs, newcomers);
        await mustBeatMeanwhile(t, all, heartbeatMs, {
          what: 'both events sell',
          once: async () => {
            for (const event of ['1', '2'] as const) await sellOf(event);
          },
          because:
            'A stream gets a comment every HEARTBEAT_MS, also while there are sales. A timer that starts anew with each of them never gets to its end.',
          lookAt: 'what does a sale do to the timer of a stream?',
        });
        t.step('then both events sell');
        await sell();
        t.require(beatsIn(onCalm) <= mostOnCalm, {
          step: 'GET /events/1/live of another app',
          expected: `no comment yet, with HEARTBEAT_MS=${rareHeartbeatMs}`,
          seen: `${beatsIn(onCalm)} of them`,
          because: 'How often a stream gets a comment does not follow HEARTBEAT_MS.',
          lookAt: 'who reads HEARTBEAT_MS, and what is done with it before a timer gets it?',
        });
      } finally {
        for (const one of [...all, onCalm]) one.hangUp('FIN');
      }

      async function sell(): Promise<void> {
        for (const event of ['1', '2', '1'] as const) await sellOf(event);
        await mustHaveHeard();
      }

      async function sellOf(event: '1' | '2'): Promise<void> {
        // The hall of event 2 has 48 seats: the third of three sales finds too few, and fills it again.
        const body = JSON.stringify({ seats: event === '2' ? 20 : 1 });
        const reply = await send(t, app, { method: 'POST', path: `/events/${event}/sales`, body });
        t.require(reply.status === 201, { expected: '201', seen: seen(reply) });
        expected[event].push(JSON.parse(reply.text).seatsLeft);
      }

      async function mustHaveHeard(): Promise<void> {
        const wrong = () =>
          (['1', '2'] as const).flatMap((event) =>
            clients[event].filter((one) => salesIn(one).join() !== expected[event].map((n) => `${event}:${n}`).join()),
          );
        for (const until = performance.now() + 5_000; wrong().length > 0 && performance.now() < until; )
          await delay(20);
        const [first] = wrong();
        const hasMore = first && salesIn(first).length > expected[clients['1'].includes(first) ? '1' : '2'].length;
        t.require(!first, {
          expected: `every sale of its event on each of ${all.length} streams, once`,
          seen: first
            ? `${wrong().length} streams have something else${first.ended ? '; one was closed by the app' : ''}, such as seats left ${salesIn(first).join(', ') || 'nothing'}`
            : '',
          ...(hasMore ? tooMany : {}),
        });
      }
    },
    { background: true, limitMs: 60_000 },
  );
}

const tooMany = {
  because:
    'A stream tells of a sale that was before it, of one that was none, or of one twice. Whoever counts the sales has too many.',
  lookAt: 'what is written to a stream when it begins, and how often is it told of one sale?',
};

export function salesIn({ text }: Pick<OpenRequest, 'text'>): string[] {
  return [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, json = '{}']) => {
    const { event, seatsLeft } = JSON.parse(json);
    return `${event}:${seatsLeft}`;
  });
}
