import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type Answer, defineCheck, excerpt, type Stage } from '../harness/sdk/index.ts';
import { fittingLoad } from './fitting-load.ts';
import { furtherBehaviours } from './further.ts';
import lesson from './lesson.ts';
import { quotes } from './reference.ts';
import { stopBehaviours } from './stops.ts';
import { supervisionBehaviours } from './supervision.ts';
import { startInTurn } from './turns.ts';
import { countsEachVisit } from './visits.ts';
import { countsWhileReadsWait } from './waiting-reads.ts';
import { processes, servingPids, threadsAtWork, workersByDefault } from './workers.ts';

defineCheck(lesson, ({ behaviour, load }) => {
  behaviour(
    'answers',
    'quotes are right, and health and visits answer',
    {
      because: 'An answer is not what the README says.',
      lookAt: 'the routes in the README, and what goes into a quote',
    },
    async (t) => {
      const visitor = t.visitor();
      (await visitor.get('/health')).mustBe(200);
      for (const expected of quotes()) {
        const { json, text } = (await visitor.get(`/quote/${expected.event}`)).mustBe(200);
        t.require(isDeepStrictEqual(json, expected), { expected: JSON.stringify(expected), seen: excerpt(text) });
      }
      for (const unknown of ['no-such-event', 'constructor', '__proto__'])
        (await visitor.get(`/quote/${unknown}`)).mustBe(404);
      const visitsOf = (answer: Answer) => {
        const { visits } = answer.mustBe(200).json ?? {};
        t.require(Number.isInteger(visits), { expected: '{"visits": a whole number}', seen: excerpt(answer.text) });
        return visits as number;
      };
      const none = visitsOf(await visitor.get('/visits'));
      t.require(none === 0, { expected: '{"visits":0} while there was none', seen: `{"visits":${none}}` });
      const first = visitsOf(await visitor.post('/visits'));
      t.require(first === 1, { expected: '{"visits":1} for the first', seen: `{"visits":${first}}` });
    },
  );

  behaviour(
    'workers',
    'as many workers serve as there are cores to use',
    {
      because: 'JavaScript of one process runs on one core. The other cores of the machine do nothing.',
      lookAt: 'how many processes answer GET /quote/:event?',
    },
    async (t) => {
      if (process.platform === 'win32') t.skip('processes can’t be told apart on Windows; WSL can');
      const expected = workersByDefault(t);
      const threadsBefore = t.app(1).threadCpu();
      const serving = await servingPids(t, t.app(1), expected);
      const threads = serving.length === 1 ? threadsAtWork(threadsBefore, t.app(1)) : undefined;
      t.require(serving.length === expected, {
        expected: `${processes(expected)} to do the work`,
        seen:
          threads && threads > 1 ? `${threads} threads of one process did it` : `${processes(serving.length)} did it`,
        ...(threads && threads > 1
          ? {
              because:
                'Threads use the cores, too, but they are one process: one that runs out of memory takes all of them with it, and every open request.',
            }
          : {}),
        ...(serving.length > expected || serving.length > 1
          ? {
              because:
                'The number of workers is neither what WEB_CONCURRENCY says nor what availableParallelism() says.',
              lookAt: 'where does the number of workers come from?',
            }
          : {}),
      });
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'told',
    'WEB_CONCURRENCY decides how many workers there are',
    {
      because: 'Whoever runs the app decides how much of a machine it gets, and says so in WEB_CONCURRENCY.',
      lookAt: 'where does the number of workers come from?',
    },
    async (t) => {
      if (process.platform === 'win32') t.skip('processes can’t be told apart on Windows; WSL can');
      // More than there are cores, or an app that takes the smaller of the two would pass. But not 65 on a large machine.
      await mustBeWorkers(t, Math.max(3, Math.min(t.cores + 1, 8)));
      // One is a number, too: the app shares the machine with others.
      if (t.cores > 1) await mustBeWorkers(t, 1);
    },
    { limitMs: 60_000, background: true },
  );

  behaviour(
    'cpu-limit',
    'with one core allowed there is one worker',
    {
      because:
        'os.cpus() lists the cores of the machine, also those that this process may not use. Workers then share what one could have.',
      lookAt: 'which function knows how many cores this process may use?',
    },
    async (t) => {
      const allowed = allowedCore();
      if (t.cores < 2) t.skip('this machine has one core, so nothing is left to forbid');
      if (allowed === undefined) t.skip('only Linux can forbid a process some of the cores (taskset)');
      if (process.env.WEB_CONCURRENCY) t.skip('WEB_CONCURRENCY is set in this shell, and it decides');
      const app = await startInTurn(t, {}, ['taskset', '-c', `${allowed}`]);
      t.step(`taskset -c ${allowed} node src/server.ts`);
      const serving = await servingPids(t, app, 1);
      t.require(serving.length === 1, { expected: 'one process to do the work', seen: `${serving.length} did it` });
    },
    { limitMs: 60_000, background: true },
  );

  behaviour(
    'visits',
    '1,000 visits over all workers count 1,000',
    {
      because: 'Visits are lost when two workers read the same number and both write one more.',
      lookAt: 'how many steps does it take to add one, and who can come in between?',
    },
    async (t) => {
      await countsEachVisit(t);
      await countsWhileReadsWait(t);
    },
    { limitMs: 60_000 },
  );

  behaviour(
    'visits-stay',
    'the count survives a restart of the whole app',
    {
      because:
        'The count, or the last part of it, lives in the memory of a process and ends with it. Every deploy loses visits.',
      lookAt: 'what is left of the counter when no process of the app runs?',
    },
    async (t) => {
      (await t.visitor().post('/visits')).mustBe(200);
      const before = (await t.visitor().get('/visits')).mustBe(200).json?.visits;
      await t.restart(1);
      const { json, text } = (await t.visitor().get('/visits')).mustBe(200);
      t.require(json?.visits === before, { expected: `{"visits":${before}}`, seen: excerpt(text) });
    },
  );

  supervisionBehaviours(behaviour);
  stopBehaviours(behaviour);
  furtherBehaviours(behaviour);
  load(fittingLoad);
});

async function mustBeWorkers(t: Stage, workers: number): Promise<void> {
  t.trail.begin();
  const app = await startInTurn(t, { WEB_CONCURRENCY: String(workers) });
  const serving = await servingPids(t, app, workers);
  t.require(serving.length === workers, {
    step: `WEB_CONCURRENCY=${workers}`,
    expected: `${processes(workers)} to do the work`,
    seen: `${processes(serving.length)} did it`,
  });
}

/** The first core that this process may use, where one can be chosen. */
function allowedCore(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const core = /Cpus_allowed_list:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return core && spawnSync('taskset', ['-c', core, 'true']).status === 0 ? Number(core) : undefined;
}
