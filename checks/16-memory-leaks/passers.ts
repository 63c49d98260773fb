import type { Instance, Stage } from '../harness/sdk/index.ts';
import { marked, OpenRequest, send } from './client.ts';
import { beatsIn } from './heartbeats.ts';
import { heldBy } from './held.ts';
import { fewTimers } from './memory.ts';

const passers = 24;
/** The first of a chain of timers is over by then, and the next runs. */
const beatsEach = 2;
const beatsWithinMs = 6_000;

/** Streams that have begun when they are left. */
export async function comeAndGo(t: Stage, app: Instance, paths: string[]): Promise<void> {
  const here = paths.map((path) => new OpenRequest(app, { method: 'GET', path }, { reads: true }));
  try {
    await t.until('the streams to begin', () => here.every(({ text }) => text.includes('text/event-stream')));
  } finally {
    for (const one of here) one.hangUp('FIN');
  }
}

/** Streams that stay for some heartbeats and go, until there is none. Whatever beats for all has to begin again after that. */
export async function comeAndGoAfterBeats(t: Stage, app: Instance, heartbeatMs: number): Promise<void> {
  const before = (await heldBy(app)).timers;
  const here = Array.from(
    { length: passers },
    // Whether two may have one address, is asked later.
    () => new OpenRequest(app, { method: 'GET', path: marked('/events/3/live') }, { reads: true }),
  );
  t.step(`${passers} clients open GET /events/3/live, get ${beatsEach} comments each, and go; no stream is left`);
  try {
    const silent = () => here.filter((one) => beatsIn(one) < beatsEach).length;
    await t.until('comments on each stream', () => silent() === 0, { deadlineMs: beatsWithinMs }).catch(() => {});
    t.require(silent() === 0, {
      expected: `${beatsEach} comments on each stream within ${beatsWithinMs / 1_000} s, with HEARTBEAT_MS=${heartbeatMs}`,
      seen: `fewer on ${silent()} of ${here.length}`,
      because: 'Proxies end a connection on which nothing is sent for a while.',
      lookAt: 'which timer sends the heartbeats of a stream, and does it go on after the first?',
    });
  } finally {
    for (const one of here) one.hangUp('FIN');
  }
  let timers = 0;
  await t
    .until(
      'no timer of them is left',
      async () => {
        timers = (await heldBy(app)).timers - before;
        return timers <= fewTimers && !(await hasStreams(t, app));
      },
      { deadlineMs: 1_500 },
    )
    .catch(() => {});
  t.atMost('left of the streams', Math.max(0, timers), fewTimers, 'timers', {
    because:
      'Each of these streams has left a timer that still runs. A heartbeat that sets the next one has another timer each time, and the one to clear is the last.',
    lookAt: 'which timer of a stream runs when its client goes, and which one is cleared then?',
  });
}

/** What is on the board, another behaviour judges. */
async function hasStreams(t: Stage, app: Instance): Promise<boolean> {
  return (await send(t, app, { method: 'GET', path: '/under-way' })).text.includes('/live');
}
