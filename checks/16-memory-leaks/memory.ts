import type { CheckDefinition } from '../harness/sdk/index.ts';
import { OpenRequest } from './client.ts';
import { mustBeOneProcess, mustNotGrow } from './growth.ts';
import { heldBy, sendRounds } from './held.ts';
import { bad, good, hungUp, putLargePoster, streams } from './kinds.ts';

const limitMs = 120_000;
/** Timers that may come to be with the first streams: one for all of them, or one for each event. */
export const fewTimers = 10;
const streamRounds = 70;
const lookingOn = 8;

export function memoryBehaviours(behaviour: CheckDefinition['behaviour']): void {
  const answered = {
    because: 'The answer is sent and the request is over, and something of each is still held.',
    lookAt: 'which collection lives as long as the process, and who takes out of it what this request has put in?',
  };
  behaviour(
    'answered',
    'requests that are answered leave nothing in memory',
    answered,
    async (t) => {
      // Some look on: what a sale leaves at an open stream stays as long as that is open.
      const open = Array.from(
        { length: lookingOn },
        () => new OpenRequest(t.app(), { method: 'GET', path: '/events/2/live' }, { reads: true }),
      );
      try {
        await t.until('GET /events/2/live to begin', () =>
          open.every(({ text }) => text.includes('text/event-stream')),
        );
        await mustNotGrow(t, good, answered);
      } finally {
        for (const one of open) one.hangUp('FIN');
      }
    },
    { limitMs },
  );

  const failed = {
    because: 'Requests that fail stay in memory for ever.',
    lookAt:
      'what does a failing request put somewhere, and which line takes it out? Does that line run when a handler throws?',
  };
  behaviour('failed', 'requests that fail leave nothing in memory', failed, async (t) => mustNotGrow(t, bad, failed), {
    limitMs,
  });

  const gone = {
    because: 'The client has hung up, and its request stays in memory for ever.',
    lookAt:
      'what does the handler wait for when the client is gone, and does it ever come? Which event comes for every answer, sent or not?',
  };
  behaviour(
    'hung-up',
    'requests whose client hangs up leave nothing in memory',
    gone,
    async (t) => {
      await putLargePoster(t, t.app());
      await mustNotGrow(t, hungUp, gone);
    },
    { limitMs },
  );

  const stream = {
    because: 'The stream is over, and something that lives longer still knows it.',
    lookAt: 'what does a stream begin and register, and what ends each of these when its client is gone?',
  };
  behaviour(
    'streams',
    '200 streams that have come and gone leave no timer and no memory',
    stream,
    async (t) => {
      const app = t.app();
      const before = await heldBy(app);
      await sendRounds(t, app, streams, streamRounds);
      let timers = 0;
      const opened = streamRounds * streams.length;
      t.step(`${opened} clients open GET /events/:id/live and go`);
      await t
        .until(
          `no timer of them is left`,
          async () => {
            timers = (await heldBy(app)).timers - before.timers;
            return timers <= fewTimers;
          },
          { deadlineMs: 1_500 },
        )
        .catch(() => {});
      t.atMost('left of the streams', Math.max(0, timers), fewTimers, 'timers', {
        because:
          'Each stream has started a timer, and it still runs. A timer holds whatever its function uses, until it is cleared.',
        lookAt: 'who keeps what setInterval returns, and clears it as soon as the client is gone?',
      });
      await mustNotGrow(t, streams, stream);
    },
    { limitMs },
  );
}

export function processBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'one-process',
    'the app is one process and one thread, from its start to its end',
    {
      because: 'Memory that is given back by ending the process takes with it whatever the process was working on.',
      lookAt: 'who starts or ends processes here?',
    },
    async (t) => {
      await sendRounds(t, t.app(), good, 10);
      await mustBeOneProcess(t, t.app());
    },
  );
}
