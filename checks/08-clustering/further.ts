import type { CheckDefinition } from '../harness/sdk/index.ts';
import { givesUp } from './gives-up.ts';
import { goesOn } from './goes-on.ts';
import { everyLineHasItsWriter } from './log-lines.ts';
import { drainsFromAllSides } from './stops.ts';
import { doesNotStorm } from './storm.ts';
import { endsTheStuck } from './stuck.ts';

/** What a supervisor needs on its worst day. */
export function furtherBehaviours(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'gives-up',
    'workers that can’t start are no fork storm: the app backs off, and gives up once nobody serves',
    {
      because:
        'Whatever kills a worker at its start kills the next one, too. Starting them is all that the machine does.',
      lookAt: 'how long does the primary wait before the next attempt, and how many attempts are there?',
    },
    givesUp,
    { limitMs: 120_000, background: true, further: true },
  );

  behaviour(
    'goes-on',
    'while a worker serves the app goes on, and it is complete again when new ones can start',
    {
      because: 'New workers can’t start, and the app makes of that an outage of its own.',
      lookAt: 'what does the primary do when starts fail and a worker serves?',
    },
    goesOn,
    { limitMs: 120_000, background: true, further: true },
  );

  behaviour(
    'storm',
    'workers that die as soon as they serve are no fork storm either',
    {
      because: 'A worker that dies right after it listens dies again. Starting them is all that the machine does.',
      lookAt: 'how long does the primary wait before it replaces a worker that has hardly served?',
    },
    doesNotStorm,
    { limitMs: 120_000, background: true, further: true },
  );

  behaviour(
    'stuck',
    'a worker that will not stop is killed after DRAIN_TIMEOUT_MS, and not before',
    {
      because:
        'DRAIN_TIMEOUT_MS is over, and a worker that does not end still lives: nothing kills it, or some other time decides when. A deploy that waits for it stands still.',
      lookAt: 'how long does the primary wait for its workers after SIGTERM, and what does it do then?',
    },
    endsTheStuck,
    { limitMs: 120_000, background: true, further: true },
  );

  drainsFromAllSides(behaviour);

  behaviour(
    'log-pids',
    'every log line carries the pid of the process that wrote it',
    {
      because: 'The processes share one output. Without the pid nobody can tell whose line it is.',
      lookAt: 'where are log lines written, and what do they begin with?',
    },
    everyLineHasItsWriter,
    { limitMs: 60_000, background: true, further: true },
  );
}
