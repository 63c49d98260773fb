import type { CheckDefinition, Stage } from '../harness/sdk/index.ts';
import { failing } from './failing.ts';
import { givenUp } from './given-up.ts';
import { queueing } from './queue.ts';
import { mostConnections } from './traffic.ts';
import { ask, read } from './truth.ts';

/** Requests one after the other and at once, compared with the connections that were opened for them. */
const inTurn = 20;
const atOnce = 30;
const crowdDelayMs = 20;
const crowdDeadlineMs = 10_000;
/** More than an app may have connections, so that each of them could be lost. */
const findingNothing = 12;

const holdAndWait = {
  because:
    'One after the other they are answered. All at once they wait for each other: each holds a connection and asks the pool for a second one, and nobody gives one back.',
  lookAt: 'does a request take a second connection while it holds one, such as db inside a transaction of tx?',
};
const notGivenBack = {
  because:
    'Requests like this one find nothing or are refused, and each takes a connection from the pool without giving it back. When all are taken, every request waits.',
  lookAt: 'which path through the code returns early, and does it release the client that it holds?',
};

/** How many connections there are, and whether they come back. */
export function connectionsBehaviour(behaviour: CheckDefinition['behaviour']): void {
  behaviour(
    'connections',
    'requests share at most 10 connections',
    {
      because: `The app holds more than ${mostConnections} connections. A database has a hundred for everybody, and each is a process of its own.`,
      lookAt: 'how many pools are there, and what is the max of each?',
    },
    async (t) => {
      for (const path of ['/events?limit=5', '/events/5']) await keptAndUsedAgain(t, path);
      for (const [path, status] of [
        ['/events?from=2999-12-31', 200],
        ['/events/301', 404],
        ['/events?limit=0', 400],
      ] as const) {
        t.trail.begin();
        for (let n = 1; n <= findingNothing; n++) {
          t.trail.begin(`GET ${path}`, `${n - 1} times ${status}`);
          const options = { deadlineMs: crowdDeadlineMs, teaching: notGivenBack };
          (await ask(t, path, options)).mustBe(status, {
            because: 'The same request is answered in another way than before.',
            lookAt: 'what does the app keep from one request to the next?',
          });
        }
      }
      for (const path of ['/events?limit=5', '/events/5']) await shared(t, path);
      await queueing(t);
      await givenUp(t);
      await failing(t);
    },
    { limitMs: 60_000, further: true },
  );
}

async function keptAndUsedAgain(t: Stage, path: string): Promise<void> {
  t.trail.begin();
  await t.postgres.resetStatements();
  for (let n = 0; n < inTurn; n++) await read(t, path);
  const { opened } = t.postgres.connections();
  t.trail.begin(`${inTurn} × GET ${path}, one after the other`, `${opened} connections opened`);
  t.require(opened <= inTurn / 2, {
    expected: 'connections that are kept and used again',
    seen: `${opened} new ones for ${inTurn} requests`,
    because:
      'A connection is opened for a request and thrown away after it. Each costs several round trips and a new process in the database before the first statement.',
    lookAt: 'where is the Client or the Pool created: once, or for each request?',
  });
}

async function shared(t: Stage, path: string): Promise<void> {
  t.trail.begin();
  // Further away, so that the first has not been answered when the last comes, however busy the machine is.
  t.postgres.delay(crowdDelayMs);
  try {
    await Promise.all(
      Array.from({ length: atOnce }, () => read(t, path, { deadlineMs: crowdDeadlineMs, teaching: holdAndWait })),
    );
  } finally {
    await t.postgres.restore();
  }
  const { peak } = t.postgres.connections();
  t.trail.begin(`${atOnce} × GET ${path} at once`, `${peak} connections`);
  t.require(peak <= mostConnections, { expected: `at most ${mostConnections} connections`, seen: `${peak}` });
}
